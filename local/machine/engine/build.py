"""Builds the engine from Go modules, for machines that only reach package registries.

The engine and the Python language host come from two sets of modules (cli/, host/), because the
last host with a module of its own is older than the engine. Two scripts that the host starts are in
the module directory of the engine's SDK.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.machine import again
from local.machine.engine import versions, wordlists
from local.machine.engine.golang import Go, fetch_go, find_go
from local.machine.engine.official import Unusable, version_of
from local.machine.engine.places import Places
from local.machine.steps import CommandFailed, Describe, Steps

SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program to build: the folder of its recipe, its package, and its approximate number of
    packages."""

    name: str
    recipe: str
    package: str
    version: str
    packages: int


PARTS = (
    Part(
        name="pulumi",
        recipe="cli",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        version=versions.BUILT,
        packages=1590,
    ),
    Part(
        name="pulumi-language-python",
        recipe="host",
        package=f"{SDK}/python/cmd/pulumi-language-python",
        version=versions.BUILT_HOST,
        packages=530,
    ),
)

FLAGS = (
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    # Google's storage uses HTTP by default. Without the packages for gRPC with Google's load
    # balancing, a tenth fewer packages are compiled.
    "-tags=disable_grpc_modules",
    # No debug information. The linker drops it (-w), but the compiler would create it first.
    "-gcflags=all=-dwarf=false",
)

SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")


def build(
    environ: Mapping[str, str], places: Places, workshop: Path, steps: Steps
) -> tuple[Path, str]:
    """Build all parts in `workshop`, then move them to their place at once; return (pulumi,
    version).

    Raises Unusable if a module or a Go cannot be fetched, or a build fails.
    """
    go = find_go(environ, places, workshop) or fetch_go(environ, places, workshop, steps)
    try:
        done = _build(go, environ, places, workshop, steps)
    except (CommandFailed, OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"the build from Go modules failed: {error}") from error
    done.replace(places.built)
    return places.built / "bin" / "pulumi", versions.BUILT


def _build(
    go: Go, environ: Mapping[str, str], places: Places, workshop: Path, steps: Steps
) -> Path:
    variables = go.variables(environ, workshop)
    root = workshop / "built"
    target = root / "bin"
    target.mkdir(parents=True)
    command = [str(go.command), "build", "-v", *FLAGS]
    for part in PARTS:
        changed = _changed(go, variables, places, workshop, steps) if part.recipe == "cli" else []
        steps.say(f"building {part.name} {part.version} (minutes the first time)")
        linked = f"-s -w -X {SDK}/go/common/version.Version=v{part.version}"
        again.run(
            steps,
            [*command, *changed, "-ldflags", linked, "-o", str(target / part.name), part.package],
            part=f"the modules of {part.name}",
            environ=variables,
            cwd=places.recipes / part.recipe,
            describe=_progress(part.packages),
        )
    sdk = _folder(SDK, go, variables, places)
    for script in SCRIPTS:
        copy = target / Path(script).name
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)
    named = version_of(target / "pulumi", environ, places)
    if named != versions.BUILT:
        raise Unusable(f"the build made Pulumi {named} instead of {versions.BUILT}")
    return root


def _changed(
    go: Go, variables: Mapping[str, str], places: Places, workshop: Path, steps: Steps
) -> list[str]:
    """Return the options for building with a module that starts faster; none if the module is not
    the expected one."""
    recipe = places.recipes / "cli"
    fetch = [str(go.command), "mod", "download", wordlists.MODULE]
    again.run(steps, fetch, part=wordlists.MODULE, environ=variables, cwd=recipe)
    copy, modules = workshop / "wordlists", workshop / "go.mod"
    try:
        wordlists.lazy_copy(_folder(wordlists.MODULE, go, variables, places), copy)
    except (wordlists.OtherModule, OSError) as error:
        steps.say(f"each start of the engine will read its lists of words: {error}")
        return []
    shutil.copyfile(recipe / "go.sum", workshop / "go.sum")
    replaced = f"replace {wordlists.MODULE} => {copy}\n"
    modules.write_text((recipe / "go.mod").read_text() + replaced)
    return ["-modfile", str(modules)]


def _folder(module: str, go: Go, variables: Mapping[str, str], places: Places) -> Path:
    run = subprocess.run(
        [str(go.command), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module],
        env=dict(variables),
        cwd=places.recipes / "cli",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return Path(run.stdout.strip())


def _progress(total: int) -> Describe:
    """Describe the output of `go build -v`: each downloaded module, and each compiled package."""
    modules = packages = 0

    def describe(line: str) -> str | None:
        nonlocal modules, packages
        download = re.fullmatch(r"go: downloading (\S+) \S+", line)
        if download is not None:
            modules += 1
            return f"{modules} modules fetched, {download[1]}"
        if re.fullmatch(r"[\w.~/+-]+", line) is None:
            return None
        packages += 1
        return f"{packages} of about {total} packages compiled, {line}"

    return describe
