"""Chooses the engine: the first source that works, remembered in a stamp file."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from local.machine.engine import official, release, versions, wordlists
from local.machine.engine.build import FLAGS, build
from local.machine.engine.official import Unusable
from local.machine.engine.places import Places, which
from local.machine.engine.release import NotTheRelease
from local.machine.steps import Steps, alone

Source = Literal["path", "release", "build"]


class EngineSetupError(Exception):
    """No engine is available on this machine. The message says what to install."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A usable engine: its source, its program and its version."""

    source: Source
    pulumi: Path
    version: str

    @property
    def official(self) -> bool:
        return self.source != "build"


def ensure(places: Places, *, environ: Mapping[str, str], steps: Steps) -> Engine:
    """Return the engine to use; install or build it if necessary. Raise EngineSetupError if
    impossible."""
    engine = stamped(places, environ=environ)
    if engine is not None:
        return engine
    with alone(places.lock, steps):
        engine = stamped(places, environ=environ)
        if engine is not None:
            return engine
        with _workshop(places) as workshop:
            engine = _first_way(places, environ, workshop, steps)
        _write_stamp(places, engine, environ)
    steps.say(f"Pulumi {engine.version} is ready ({engine.pulumi})")
    return engine


def ensure_official(
    places: Places,
    *,
    environ: Mapping[str, str],
    steps: Steps,
    pauses: Sequence[float] = release.PAUSES,
) -> Engine:
    """Install the official release of the pinned version, whatever is on PATH, and the plugins of
    the locked packages. Retry after each of the pauses (seconds). Raise EngineSetupError if it
    cannot be fetched."""
    limit = release.REACH_LIMIT_OF_CI
    with alone(places.lock, steps):
        for pause in (*pauses, None):
            try:
                _remove(places.official)
                with _workshop(places) as workshop:
                    pulumi, version = official.install(environ, places, workshop, steps, limit)
                official.bring_plugins(pulumi, environ, places, steps)
                return Engine(source="release", pulumi=pulumi, version=version)
            except Unusable as reason:
                if pause is None or isinstance(reason, NotTheRelease):
                    raise EngineSetupError(
                        f"The official Pulumi cannot be fetched: {reason}"
                    ) from None
                steps.say(f"{reason}; again in {pause:g} seconds")
                time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def stamped(places: Places, *, environ: Mapping[str, str]) -> Engine | None:
    """Return the engine of an earlier call, unless its files, its recipe or PATH's `pulumi`
    changed."""
    try:
        stamp = json.loads(places.stamp.read_text())
        engine = Engine(
            source=stamp["source"], pulumi=Path(stamp["pulumi"]), version=stamp["version"]
        )
        known = (stamp["recipe"], stamp["program"], stamp["on_path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    now = (recipe(places), _print(engine.pulumi), _on_path(places, environ))
    return engine if known == now else None


def recipe(places: Places) -> str:
    """Return a digest of everything that decides what is installed or built."""
    digest = hashlib.sha256(
        f"{versions.MINIMUM} {versions.OFFICIAL} {versions.BUILT} {versions.BUILT_HOST} "
        f"{FLAGS}".encode()
    )
    for name in ("cli/go.mod", "cli/go.sum", "host/go.mod", "host/go.sum", "go.lock"):
        digest.update((places.recipes / name).read_bytes())
    digest.update(repr(wordlists.EDITS).encode())
    return digest.hexdigest()


def _first_way(places: Places, environ: Mapping[str, str], workshop: Path, steps: Steps) -> Engine:
    reasons = []
    try:
        pulumi, version = official.on_path(environ, places)
        return Engine(source="path", pulumi=pulumi, version=version)
    except Unusable as reason:
        steps.say(f"{reason}; asking for the official release")
        reasons.append(str(reason))
    try:
        _remove(places.official)
        pulumi, version = official.install(environ, places, workshop, steps)
        return Engine(source="release", pulumi=pulumi, version=version)
    except Unusable as reason:
        steps.say(f"{reason}; building Pulumi {versions.BUILT} from Go modules")
        reasons.append(str(reason))
    try:
        _remove(places.built)
        pulumi, version = build(environ, places, workshop, steps)
        return Engine(source="build", pulumi=pulumi, version=version)
    except Unusable as reason:
        reasons.append(str(reason))
    raise EngineSetupError(_nothing_works(reasons))


def _nothing_works(reasons: list[str]) -> str:
    wanted = versions.show(versions.MINIMUM)
    go = versions.show(versions.MINIMUM_GO)
    tried = "\n".join(f"  - {reason}" for reason in reasons)
    return (
        f"There is no Pulumi engine, and none can be set up here:\n{tried}\n"
        f"Install Pulumi {wanted} or newer so that `pulumi` is on PATH "
        "(https://www.pulumi.com/docs/iac/download-install/), "
        f"or let this machine reach the Go module proxy (with Go {go} or newer on PATH, "
        "or with PyPI in reach). Then run the same command again."
    )


def _write_stamp(places: Places, engine: Engine, environ: Mapping[str, str]) -> None:
    stamp = {
        **asdict(engine),
        "pulumi": str(engine.pulumi),
        "recipe": recipe(places),
        "program": _print(engine.pulumi),
        "on_path": _on_path(places, environ),
    }
    fresh = places.stamp.with_suffix(".new")
    fresh.write_text(json.dumps(stamp, indent=2) + "\n")
    fresh.replace(places.stamp)


def _on_path(places: Places, environ: Mapping[str, str]) -> list[str | int] | None:
    found = which("pulumi", environ.get("PATH", ""), places)
    return _print(found) if found else None


def _print(program: Path) -> list[str | int] | None:
    try:
        facts = program.stat()
    except OSError:
        return None
    return [str(program), facts.st_size, facts.st_mtime_ns]


@contextmanager
def _workshop(places: Places) -> Iterator[Path]:
    """Yield a temporary folder, removed at the end, together with those of killed set-ups."""
    for left in places.engine.glob("workshop-*"):
        _remove(left)
    workshop = Path(tempfile.mkdtemp(prefix="workshop-", dir=places.engine))
    try:
        yield workshop
    finally:
        _remove(workshop)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
