"""The group `clerkstack:app`: where the app's code is, and nothing that git would run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clerkstack.problems import InputError
from clerkstack.settings.load import load_settings
from clerkstack.settings.models import Settings

HEX = "0123456789abcdef0123456789abcdef01234567"


def load(app: Any, **others: str) -> Settings:
    raw = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_c2VjcmV0",
        "clerkstack:appUrl": "https://preview.acme.example",
        "clerkstack:environment": '{"projectId": "prj_1"}',
        "vercel:apiToken": "vercel_c2VjcmV0",
        **{f"clerkstack:{key}": value for key, value in others.items()},
    }
    if app is not None:
        raw["clerkstack:app"] = json.dumps(app)
    return load_settings(raw, stack="dev")


def test_no_app_is_the_default() -> None:
    settings = load(None)

    assert not settings.app.named
    assert settings.app_declaration is None


@pytest.mark.parametrize(
    "app",
    [
        {"path": "../web"},
        {"path": "/srv/web", "declaration": "src/lib/plans.ts", "plansName": "PLANS"},
        {"path": "../web", "scan": ["src", "apps/web", "(site)", "src/[locale]"]},
        {"path": "../web", "unmanaged": ["plan/legacy", "feature/a-b", "role/org:x"]},
        {"path": "../web", "unmanaged": ["permission/org:invoices:read"]},
        {"path": "../web", "unread": ["scripts/*.py", "*.html"]},
        {"git": "https://git.example/acme/web.git", "ref": "main"},
        {"git": "ssh://git@git.example:2222/acme/web.git", "ref": "release/2026-11"},
        {"git": "git@git.example:acme/web.git", "ref": HEX},
        {"git": "../web", "ref": "v1.2.3+build"},
        {"git": "file:///srv/git/web.git"},
    ],
)
def test_an_app_is_named(app: dict[str, Any]) -> None:
    assert load(app).app.named


@pytest.mark.parametrize(
    ("app", "path", "message"),
    [
        ({}, None, None),
        ({"declaration": "src/plans.ts"}, "app", "does not set where the app's code is"),
        ({"path": "a", "git": "b"}, "app.git", "conflicts with app.path"),
        ({"path": "a", "ref": "main"}, "app.ref", "applies only to a git repository"),
        ({"git": "--upload-pack=touch x"}, "app.git", "is not the address of a repository"),
        ({"git": "ext::sh -c touch% x"}, "app.git", "names a program that git would run"),
        ({"git": "ssh://-oProxyCommand=x/y"}, "app.git", "names no host"),
        ({"git": "-u@git.example:x"}, "app.git", "is not the address of a repository"),
        ({"git": "git@-oProxyCommand=x:y"}, "app.git", "is not the address of a repository"),
        ({"git": "http://git.example/web"}, "app.git", "uses a protocol without encryption"),
        ({"git": "ftp://git.example/web"}, "app.git", "has an unsupported scheme"),
        ({"git": "https://me:hunter2@git.example/web"}, "app.git", "contains credentials"),
        ({"git": "https://ghp_hunter2@git.example/web"}, "app.git", "contains credentials"),
        ({"git": "https://git.example/web?token=hunter2"}, "app.git", "may be a key"),
        ({"git": "https://git.example/web\nx"}, "app.git", "is not the address of a repository"),
        ({"git": "a", "ref": "--exec=x"}, "app.ref", "is malformed"),
        ({"git": "a", "ref": "a..b"}, "app.ref", "is not a branch, a tag"),
        ({"git": "a", "ref": "refs/heads/.x"}, "app.ref", "is not a branch, a tag"),
        ({"git": "a", "ref": "main:evil"}, "app.ref", "is malformed"),
        ({"git": "a", "ref": "x@{1}"}, "app.ref", "is malformed"),
        ({"path": "a", "declaration": "/etc/passwd"}, "app.declaration", "is malformed"),
        ({"path": "a", "declaration": "../plans.ts"}, "app.declaration", "leads out of"),
        ({"path": "a", "scan": ["src", "x/../../y"]}, "app.scan[1]", "leads out of"),
        ({"path": "a", "scan": "src"}, "app.scan", "is not a list"),
        ({"path": "a", "plansName": "PLANS"}, "app.plansName", "no file is set"),
        (
            {"path": "a", "declaration": "b", "featuresName": "a.b"},
            "app.featuresName",
            "is malformed",
        ),
        ({"path": "a", "unmanaged": ["legacy"]}, "app.unmanaged[0]", "is malformed"),
        ({"path": "a", "unmanaged": ["role/admin"]}, "app.unmanaged[0]", "is malformed"),
        ({"path": "a", "folder": "b"}, "app.folder", "is not a setting"),
        ({"path": ""}, "app.path", "is empty"),
    ],
)
def test_a_mistake_is_reported(app: dict[str, Any], path: str | None, message: str | None) -> None:
    if path is None:
        assert not load(app).app.named
        return

    with pytest.raises(InputError) as caught:
        load(app)

    (problem,) = caught.value.problems
    assert problem.path == path
    assert message is not None
    assert message in problem.message
    assert "hunter2" not in str(problem)


def test_a_declaration_alone_does_not_stand_beside_an_app() -> None:
    assert load(None, appDeclaration="plans.ts").app_declaration == "plans.ts"

    with pytest.raises(InputError, match=r"appDeclaration: conflicts with clerkstack:app"):
        load({"path": "../web"}, appDeclaration="plans.ts")
