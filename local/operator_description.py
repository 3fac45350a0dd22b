"""`python3 -m local.operator_description`: fetch the Pulumi Kubernetes Operator's description of a
Stack.

Its Go module has the CustomResourceDefinition; it goes to .local, where the test looks that holds
docs/operator/stack.yaml against it. Standard library only, and the Go that is on PATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = "github.com/pulumi/pulumi-kubernetes-operator"
VERSION = "v1.16.0"  # the last one that the module proxy serves
SUM = "h1:HSgXateOE1GAgetlqB85iRx5EbcCfvLI7WeDEny9fVA="
MEMBER = "deploy/crds/pulumi.com_stacks.yaml"
FILE = Path(__file__).resolve().parents[1] / ".local" / "pulumi-stack-crd.yaml"
SECONDS = 300


def main() -> int:
    """Exit code 0 where the file is there."""
    if FILE.exists():
        return 0
    print(f"the operator's description of a Stack ({MODULE}@{VERSION})", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _fetch(Path(folder))
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        print(f"It can't be had, and the test that needs it is skipped: {error}", file=sys.stderr)
        return 1
    return 0


def _fetch(folder: Path) -> None:
    ran = subprocess.run(
        ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"],
        cwd=folder,
        env={
            **os.environ,
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",  # else the cache could not be removed
            "GOMODCACHE": str(folder / "mod"),
            "GONOSUMDB": MODULE,  # the sum is pinned here
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    told = json.loads(ran.stdout)
    if told["Sum"] != SUM:
        raise ValueError(f"{MODULE} {VERSION} is not what it was: its sum is {told['Sum']}")
    FILE.parent.mkdir(exist_ok=True)
    partial = FILE.with_suffix(".part")
    partial.write_bytes((Path(told["Dir"]) / MEMBER).read_bytes())
    partial.replace(FILE)


if __name__ == "__main__":
    sys.exit(main())
