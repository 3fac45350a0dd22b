"""Which files of an app are its tests, and that their checks are notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.app.own_tests import is_test
from clerkstack.app.read import read_app
from clerkstack.settings.models import AppSettings

TESTS = [
    "src/app/page.test.tsx",
    "src/app/page.spec.ts",
    "src/app/Page.stories.tsx",
    "src/lib/gate.e2e.ts",
    "src/lib/gate.cy.ts",
    "src/lib/api.mock.ts",
    "src/lib/gate_test.ts",
    "src/app/__tests__/gate.ts",
    "src/app/billing/__mocks__/clerk.ts",
    "src/app/__fixtures__/users.ts",
    "e2e/checkout.ts",
    "cypress/support/commands.ts",
    "playwright/fixtures.ts",
    "tests/helpers/clerk.ts",
    "test/setup.ts",
    "src/test/utils.tsx",
    "src/tests/gate.tsx",
    "src/mocks/handlers.ts",
    "fixtures/users.ts",
    "stories/Gate.tsx",
    ".storybook/preview.tsx",
    "vitest.setup.ts",
    "jest.config.js",
    "src/setupTests.ts",
    "apps/web/e2e/checkout.ts",
    "apps/web/src/tests/gate.ts",
    "apps/web-e2e/src/checkout.ts",
    "packages/e2e/checkout.ts",
]
CODE = [
    "src/app/page.tsx",
    "src/app/tests/page.tsx",
    "app/tests/page.tsx",
    "app/(shop)/fixtures/page.tsx",
    "pages/stories/[id].tsx",
    "src/pages/e2e/index.tsx",
    "src/components/stories/Feed.tsx",
    "src/lib/e2e/keys.ts",
    "src/features/testing/gate.ts",
    "apps/stories/src/page.tsx",
    "src/latest.ts",
    "src/ab_test.ts",
    "src/contest.tsx",
    "src/testing.ts",
    "middleware.ts",
    "src/app/test.tsx",
    "src/spec.ts",
]
ASKS = "export const f = async () => (await auth()).has({ plan: 'made_up' })\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for package in ("apps/web", "apps/web-e2e", "apps/stories", "packages/e2e"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "package.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(("file", "test"), [(e, True) for e in TESTS] + [(e, False) for e in CODE])
def test_a_file_of_tests_and_one_that_is_deployed(app: Path, file: str, test: bool) -> None:
    assert is_test(file, app) is test


@pytest.mark.parametrize("as_code", [False, True])
def test_what_tests_ask_for_is_apart_unless_a_setting_says_otherwise(
    app: Path, as_code: bool
) -> None:
    for name in ("src/page.ts", "src/page.test.ts", "e2e/checkout.ts"):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_text(ASKS + "export const g = ({ has }, x) => has({ plan: x })\n")

    found = read_app(AppSettings(path=str(app), tests=as_code), None)

    assert found is not None
    apart = [] if as_code else ["e2e/checkout.ts", "src/page.test.ts"]
    whole = ["e2e/checkout.ts", "src/page.test.ts", "src/page.ts"]
    assert [use.file for use in found.in_tests] == apart
    assert [use.file for use in found.uses] == [each for each in whole if each not in apart]
    assert [each.file for each in found.unresolved] == [each for each in whole if each not in apart]
