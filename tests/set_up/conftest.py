"""Each client of a registry, ready to fetch from one on loopback."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.machine import again
from local.machine.steps import Steps
from tests.set_up.clients import (
    MODULE,
    serve_modules,
    serve_packages,
    serve_wheel,
    variables,
    wheel,
)
from tests.set_up.registry import Registry

NAMES = ("first", "second")
PATIENCE = 0.2


@dataclass
class Client:
    """A client and what it fetches: two items with the paths `things`."""

    command: list[str]
    things: tuple[str, str]
    folder: Path
    environ: dict[str, str]
    there: list[Path]
    log: Path | None = None
    said: io.StringIO = field(default_factory=io.StringIO)

    def run(self, patience: float = PATIENCE) -> None:
        again.run(
            Steps("test", self.said),
            self.command,
            part="the thing",
            environ={**self.environ, again.PATIENCE_VARIABLE: str(patience)},
            cwd=self.folder,
            log=self.log,
        )

    def said_again(self) -> list[str]:
        """Return the message on each refusal."""
        lines = self.said.getvalue().splitlines()
        return [line.partition("the thing: ")[2] for line in lines if "; again in " in line]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


def _pip(registry: Registry, folder: Path) -> Client:
    return _python(registry, folder, [sys.executable, "-m", "pip", "install"])


def _uv(registry: Registry, folder: Path) -> Client:
    uv = Path(sys.executable).parent / "uv"
    return _python(registry, folder, [str(uv), "pip", "install", "--python", sys.executable])


def _python(registry: Registry, folder: Path, command: list[str]) -> Client:
    lines = [serve_wheel(registry, name, "1.0", wheel(name, "1.0")) for name in NAMES]
    (folder / "lock").write_text("".join(lines))
    to, log = folder / "installed", folder / "pip.log"
    return Client(
        command=[
            *(*command, "--target", str(to), "--require-hashes", "--only-binary", ":all:"),
            *("-r", str(folder / "lock")),
        ],
        things=("/files/first-1.0-py3-none-any.whl", "/files/second-1.0-py3-none-any.whl"),
        folder=folder,
        environ={
            **variables(registry, folder / "home"),
            "UV_DEFAULT_INDEX": f"{registry.url}/simple/",
            "UV_CONCURRENT_DOWNLOADS": "1",  # no download is in progress when another is refused
            "PIP_LOG": str(log),
        },
        there=[to / name for name in NAMES],
        log=log,
    )


def _npm(registry: Registry, folder: Path) -> Client:
    _need("npm")
    serve_packages(registry, folder, NAMES)
    return Client(
        command=["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        things=("/first/-/first-1.0.0.tgz", "/second/-/second-1.0.0.tgz"),
        folder=folder,
        environ={**again.NPM, **variables(registry, folder / "home")},
        there=[folder / "node_modules" / name for name in NAMES],
    )


def _go(registry: Registry, folder: Path) -> Client:
    _need("go")
    names = [f"{MODULE}/{name}" for name in NAMES]
    serve_modules(registry, folder, tuple(names))
    return Client(
        command=["go", "list", "-deps", "."],
        things=(f"/{names[0]}/@v/v1.0.0.zip", f"/{names[1]}/@v/v1.0.0.zip"),
        folder=folder,
        environ=variables(registry, folder / "home"),
        there=[folder / "home" / "go" / "pkg" / "mod" / f"{name}@v1.0.0" for name in names],
    )


def _need(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} on PATH to be refused")


CLIENTS: dict[str, Callable[[Registry, Path], Client]] = {
    "pip": _pip,
    "uv": _uv,
    "npm": _npm,
    "go": _go,
}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, registry: Registry, tmp_path: Path) -> Client:
    return CLIENTS[request.param](registry, tmp_path)
