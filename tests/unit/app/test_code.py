"""Reads what a stack's settings name of the app."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clerkstack.app.read import read_app
from clerkstack.problems import InputError
from clerkstack.settings.models import AppSettings

PLANS = "export const PLANS = { pro: { slug: 'pro', features: ['sso'] } }\n"
PAGE = (
    "import { PLANS } from './plans'\nexport const f = ({ has }) => has({ plan: PLANS.pro.slug })\n"
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in `app`, seen from the folder with it."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "plans.ts").write_text(PLANS)
    (folder / "page.ts").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    return folder


def test_none_is_named() -> None:
    assert read_app(AppSettings(), None) is None


@pytest.mark.usefixtures("app")
def test_a_declaration_alone() -> None:
    found = read_app(AppSettings(), "app/plans.ts")

    assert found is not None
    assert found.declaration is not None
    assert (found.uses, found.path, found.commit) == ((), None, None)


@pytest.mark.usefixtures("app")
def test_a_checkout_with_and_without_a_declaration() -> None:
    whole = read_app(AppSettings(path="app", declaration="plans.ts", unmanaged=["plan/x"]), None)
    checks = read_app(AppSettings(path="app"), None)

    assert whole is not None
    assert checks is not None
    assert whole.declaration is not None
    assert checks.declaration is None
    assert whole.uses == checks.uses
    assert [(use.slug, use.where) for use in whole.uses] == [("pro", "page.ts:2:43")]
    assert whole.path == "app"
    assert whole.unmanaged == {"plan/x"}


def test_a_repository(app: Path, tmp_path: Path) -> None:
    user = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    for words in (["init", "--quiet"], ["add", "."], [*user, "commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", "-C", str(app), *words], check=True)

    found = read_app(AppSettings(git="app", declaration="plans.ts"), None)

    assert found is not None
    assert found.commit is not None
    assert len(found.uses) == 1
    assert (tmp_path / ".clerkstack" / "app").is_dir()
    # The cache is in a repository that ignores it, and is searched all the same.
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("/.clerkstack/\n")
    again = read_app(AppSettings(git="app", declaration="plans.ts"), None)
    assert again == found


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "gone"}, "is gone, which does not exist"),
        ({"path": "app", "scan": ["gone"]}, "names gone, which does not exist"),
        ({"path": "app", "declaration": "gone.ts"}, "there is no such file"),
    ],
)
def test_what_is_not_there_is_reported(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_app(AppSettings.model_validate(settings), None)


def test_an_app_without_code_asks_for_nothing_and_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("has({ plan: 'x' })")

    with pytest.raises(InputError, match="an app without code files"):
        read_app(AppSettings(path=str(tmp_path)), None)


def test_a_folder_of_which_nothing_is_read_is_reported(app: Path) -> None:
    (app / "real").mkdir()
    (app / "real" / "a.ts").write_text(PAGE)
    (app / "linked").symlink_to(app / "real")
    (app / "empty").mkdir()
    folders = ["real", "linked", "empty"]

    with pytest.raises(InputError) as caught:
        read_app(AppSettings(path="app", scan=folders), None)

    told = [problem.message for problem in caught.value.problems]
    assert told == ["names linked, which has no code", "names empty, which has no code"]
