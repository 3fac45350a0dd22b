"""Rules for the settings of the app's code: a single source, and nothing that git would take for
an option or run as a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from clerkstack.settings.broken import Broken
from clerkstack.settings.models import AppSettings, Settings
from clerkstack.settings.names import Step

_SHORT_SSH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^:\s-][^\s]*")
_SCHEMES = ("https", "ssh", "file")
_GIT_REMEDY = "Write an https or ssh URL, git@host:path, or the path of a repository"


def broken_code(settings: Settings) -> Iterator[Broken]:
    """Every rule that the settings of the app's code break."""
    app = settings.app
    if settings.app_declaration is not None and app.model_fields_set:
        message = "conflicts with clerkstack:app, which already sets where the app's code is"
        remedy = "Remove it, and set clerkstack:app.declaration to the file"
        yield Broken(("appDeclaration",), message, remedy)
    if app.model_fields_set and not app.named:
        message = "does not set where the app's code is"
        yield Broken(("app",), message, "Set clerkstack:app.path, or clerkstack:app.git")
    if app.path is not None and app.git is not None:
        message = "conflicts with app.path: there is one app"
        yield Broken(("app", "git"), message, "Remove one of the two")
    if app.git is not None and (wrong := _wrong_git(app.git)):
        yield Broken(("app", "git"), wrong, _GIT_REMEDY)
    if app.ref is not None and app.git is None:
        message = "applies only to a git repository; a checkout is read as it is"
        yield Broken(("app", "ref"), message, "Remove it, or use clerkstack:app.git")
    elif app.ref is not None and _odd_ref(app.ref):
        message = "is not a branch, a tag or a commit"
        yield Broken(("app", "ref"), message, "Write it as in git, for example main")
    yield from _inside(app)


def _inside(app: AppSettings) -> Iterator[Broken]:
    paths: list[tuple[tuple[Step, ...], str | None]] = [
        (("app", "declaration"), app.declaration),
        *((("app", "scan", number), folder) for number, folder in enumerate(app.scan)),
    ]
    for at, path in paths:
        if path is not None and ".." in PurePosixPath(path).parts:
            yield Broken(at, "leads out of the app's checkout", "Write a path inside it")
    for name in ("plans_name", "features_name"):
        if getattr(app, name) is not None and app.declaration is None:
            camel = "plansName" if name == "plans_name" else "featuresName"
            message = "names a constant, but no file is set"
            yield Broken(("app", camel), message, "Set clerkstack:app.declaration")


def _wrong_git(url: str) -> str | None:
    """Why git must not get this URL, or None. Never contains the URL: it may hold a password."""
    if not url.isprintable() or url.startswith("-"):
        return "is not the address of a repository"
    if "::" in url.partition("/")[0]:
        return "names a program that git would run"
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return "is not the address of a repository"
        if parts.scheme == "http":
            return "uses a protocol without encryption"
        if parts.scheme not in _SCHEMES:
            return "has an unsupported scheme"
        if parts.password is not None or (parts.username is not None and parts.scheme == "https"):
            return "contains credentials, which everybody with this file would have"
        if parts.scheme != "file" and (parts.query or parts.fragment):
            return "has something after its path that may be a key and would be shown"
        if parts.scheme != "file" and (not host or host.startswith("-")):
            return "names no host"
        if (parts.username or "").startswith("-"):
            return "is not the address of a repository"
        return None
    if "@" in url and ":" in url and not _SHORT_SSH.fullmatch(url):
        return "is not the address of a repository"
    return None


def _odd_ref(ref: str) -> bool:
    """Whether `git check-ref-format` refuses a name that the pattern accepts."""
    parts = ref.split("/")
    return (
        ".." in ref
        or ref.endswith(".")
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )
