"""Deployments that are brought up once, kept as files, and copied by each test that begins there.

A first `up` costs seconds, a copy of what it made a fraction of one. What is kept is the folder of
the project (its state, history and notes) and the folder of the world, as they were when everything
had stopped. It is made again when the program, the local world, a lock file, the engine or the
maker changes, and each day, so that nothing in it is old.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from local.project import (
    PARTS,
    PROVIDER,
    TOP,
    Project,
    copy_file,
    copy_project,
    link_environment,
    link_file,
)
from local.world import World
from local.world.minted import given_out

Maker = Callable[[Project], None]
"""Brings a copy of the project, of which no stack is made yet, to where tests begin."""

FOLDER = TOP / ".local" / "kept"
DECIDING = (*PARTS, "local", "requirements-dev.lock", "tests/kept.py", "tests/kms.py")
"""What decides how a deployment comes out; caches of bytecode do not."""
DAY = 86_400.0  # seconds
FACTS = "facts.json"


@dataclass(frozen=True)
class Kept:
    """A deployment as files. Its world had the addresses `urls`."""

    folder: Path
    stack: str
    urls: dict[str, str]
    minted: list[tuple[str, str]]
    """The secrets that its world gave out, as `local.world.minted` has them."""

    def put_world(self, home: Path) -> Path:
        """Copy the world into its folder, where no world runs yet; its secrets are searched for as
        if they had been given out just now."""
        given_out.extend(each for each in self.minted if each not in given_out)
        shutil.copytree(self.folder / "world", home, dirs_exist_ok=True)
        return home

    def put_project(self, folder: Path, world: World) -> Project:
        """Copy the project; it goes to that world, which runs on a copy of the kept one."""
        _copy(self.folder / "project", folder)
        link_environment(folder)
        moved = {old.encode(): getattr(world.urls, name) for name, old in self.urls.items()}
        # In one pass: a port that was one service's may be another's now.
        addresses = re.compile(rb"(?:" + b"|".join(map(re.escape, moved)) + rb")(?!\d)")
        for file in (*folder.glob("Pulumi.*.yaml"), *_files(folder / "state")):
            before = file.read_bytes()
            text = addresses.sub(lambda found: moved[found[0]].encode(), before)
            if text != before:
                times = file.stat()
                file.write_bytes(text)
                os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        select_stack(folder, self.stack)
        return Project(folder, world, self.stack)


def starts_from(make: Maker) -> pytest.MarkDecorator:
    """Mark a test of the engine that starts from what `make` brings up."""
    # Called with a function alone, a mark takes that for the test.
    return pytest.mark.starts_from.with_args(make)


def kept(make: Maker) -> Kept:
    """The deployment that `make` brings up: as kept, or made now where there is none."""
    place = FOLDER / f"{make.__name__}-{_digest(make)[:16]}"
    with _alone(FOLDER / f"{make.__name__}.lock"):
        if not _is_fresh(place):
            _make(make, place)
            _forget_old()
        os.utime(place)
    facts = json.loads((place / FACTS).read_text())
    return Kept(place, facts["stack"], facts["urls"], [(n, v) for n, v in facts["minted"]])


def select_stack(folder: Path, stack: str, project: str = "clerkstack") -> None:
    """Make it the current stack of a project that was copied, as `pulumi stack select` would: the
    engine knows a project by where it is. State and home are in its folder."""
    workspaces = folder / "home" / "workspaces"
    shutil.rmtree(workspaces)
    workspaces.mkdir()
    place = hashlib.sha1(str(folder / "Pulumi.yaml").encode()).hexdigest()
    selected = {"stacks": {f"file://{folder}/state": f"organization/{project}/{stack}"}}
    (workspaces / f"{project}-{place}-workspace.json").write_text(json.dumps(selected))


def notes_of(project: Project) -> Path:
    """The folder for what the engine notes of its calls; in a kept deployment a file is there."""
    return project.folder / "home" / "logs"


def _make(make: Maker, place: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        before = set(given_out)
        with World(folder / "world") as world:
            project = Project(copy_project(folder / "project"), world)
            make(project)
            urls = {
                name: url
                for name, url in world.urls.to_json().items()
                if url is not None and name != "ca_file"
            }
            minted = [each for each in given_out if each not in before]
            # The engine notes each of its calls in a file; where it can't, it says nothing.
            shutil.rmtree(notes_of(project))
            notes_of(project).write_text("only the tests of leaks read them\n")
            facts = {"stack": project.stack, "urls": urls, "minted": minted, "made": time.time()}
        (folder / FACTS).write_text(json.dumps(facts))
        shutil.rmtree(place, ignore_errors=True)
        _copy(folder, place)


def _copy(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> str:
    """Copy it; link a source of Python, in whose place `write_source` puts another one."""
    return (link_file if source.endswith(".py") else copy_file)(source, target)


def _is_fresh(place: Path) -> bool:
    try:
        facts = json.loads((place / FACTS).read_text())
    except (OSError, ValueError):
        return False
    known = {"stack", "urls", "minted", "made"} <= facts.keys()
    return known and 0 <= time.time() - facts["made"] < DAY


def _digest(make: Maker) -> str:
    known = f"{_everybody_s()} {os.environ.get(PROVIDER)} {make.__module__} {make.__qualname__}"
    digest = hashlib.sha256(known.encode())
    digest.update(Path(inspect.getfile(make)).read_bytes())
    return digest.hexdigest()


@cache
def _everybody_s() -> str:
    """Digest of what decides for all makers: once for each process, as it was when that began."""
    digest = hashlib.sha256()
    engine = shutil.which("pulumi")
    if engine is not None:
        facts = os.stat(engine)  # noqa: PTH116
        digest.update(f"{engine} {facts.st_size} {facts.st_mtime_ns}".encode())
    for file in _deciding():
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _deciding() -> Iterator[Path]:
    for name in DECIDING:
        part = TOP / name
        yield from [part] if part.is_file() else _files(part)


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )


def _forget_old() -> None:
    """Remove those that nobody has used for a day."""
    for file in FOLDER.glob(f"*/{FACTS}"):
        if time.time() - file.parent.stat().st_mtime > DAY:
            shutil.rmtree(file.parent, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one process make it; the others wait and copy what it made."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
