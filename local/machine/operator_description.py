"""Fetches the Pulumi Kubernetes Operator's definition of a Stack.

Its Go module contains the CustomResourceDefinition. It goes to .local, for the test that compares
docs/operator/stack.yaml with it. `make node` fetches it. Needs only the standard library and a Go
on PATH.
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
VERSION = "v1.16.0"  # the newest one on the module proxy
SUM = "h1:HSgXateOE1GAgetlqB85iRx5EbcCfvLI7WeDEny9fVA="
MEMBER = "deploy/crds/pulumi.com_stacks.yaml"
SECONDS = 300


def file_in(project: Path) -> Path:
    """Return the path of the definition."""
    return project / ".local" / "pulumi-stack-crd.yaml"


FILE = file_in(PROJECT)


def fetch(project: Path, environ: Mapping[str, str], steps: Steps, patience: float | None) -> None:
    """Fetch the definition with Go.

    Raises:
        CommandFailed, OSError: Go fails within the seconds of `patience` (None: the default of
            local.machine.again).
        ValueError, KeyError, subprocess.SubprocessError: the module is not the pinned one.
    """
    steps.say(f"{OPERATOR.title}: {MODULE}@{VERSION}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variables = {
            **environ,
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",  # otherwise the cache could not be removed
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
            env={**variables, "GOPROXY": "off"},  # only report what is there
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
