"""The Pulumi Kubernetes Operator's description of a Stack.

Its Go module has the CustomResourceDefinition; it goes to .local, where the test looks that holds
docs/operator/stack.yaml against it. `make node` fetches it. Standard library only, and the Go that
is on PATH.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.machine import again
from local.machine.steps import Steps
from local.parts import OPERATOR, PROJECT

MODULE = "github.com/pulumi/pulumi-kubernetes-operator"
VERSION = "v1.16.0"  # the last one that the module proxy serves
SUM = "h1:HSgXateOE1GAgetlqB85iRx5EbcCfvLI7WeDEny9fVA="
MEMBER = "deploy/crds/pulumi.com_stacks.yaml"
SECONDS = 300


def file_in(project: Path) -> Path:
    """Where it is, or will be."""
    return project / ".local" / "pulumi-stack-crd.yaml"


FILE = file_in(PROJECT)


def fetch(project: Path, environ: Mapping[str, str], steps: Steps, patience: float | None) -> None:
    """Fetch it with Go.

    Raises:
        CommandFailed, OSError: Go does not bring it, within the seconds of `patience` (None: as
            local.machine.again has it).
        ValueError, KeyError, subprocess.SubprocessError: what it brings is not what is pinned here.
    """
    steps.say(f"{OPERATOR.title}: {MODULE}@{VERSION}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variables = {
            **environ,
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",  # else the cache could not be removed
            "GOMODCACHE": str(folder / "mod"),
            "GONOSUMDB": MODULE,  # the sum is pinned here
        }
        command = ["go", "mod", "download"]
        again.run(
            steps,
            [*command, f"{MODULE}@{VERSION}"],
            part=OPERATOR.title,
            environ=variables,
            cwd=folder,
            limit=SECONDS,
            patience=patience,
        )
        ran = subprocess.run(
            [*command, "-json", f"{MODULE}@{VERSION}"],
            cwd=folder,
            env={**variables, "GOPROXY": "off"},  # what is there is told, nothing is fetched
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        told = json.loads(ran.stdout)
        if told["Sum"] != SUM:
            raise ValueError(f"{MODULE} {VERSION} is not what it was: its sum is {told['Sum']}")
        file = file_in(project)
        file.parent.mkdir(exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_bytes((Path(told["Dir"]) / MEMBER).read_bytes())
    partial.replace(file)
