from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from local.machine.engine.places import PROJECT
from tests.unit.engine_setup.conftest import Machine

RUN = """
import os, sys
from pathlib import Path
from local.machine.engine import __main__ as command
from local.machine.engine.places import Places
places = Places(project=Path(sys.argv[1]), recipes=Path(sys.argv[2]))
command.Places = lambda: places
sys.exit(command.main(["ensure"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_ends_its_compiler_and_leaves_nothing(
    machine: Machine, number: signal.Signals
) -> None:
    pipe = machine.root / "building"
    os.mkfifo(pipe)
    # The compiler writes its process id into the pipe, then hangs.
    machine.has_go(body=f"echo $$ > {pipe}; exec sleep 600")
    setup = subprocess.Popen(
        [
            sys.executable,
            "-c",
            RUN,
            str(machine.places.project),
            str(PROJECT / "local" / "machine" / "engine"),
        ],
        env={**machine.environ, "PYTHONPATH": str(PROJECT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    compiler = int(pipe.read_text())

    setup.send_signal(number)
    _, said = setup.communicate(timeout=180)

    assert setup.returncode == 130
    assert "nothing half-made is left" in said
    assert machine.left_in_engine_folder() == {"lock"}
    assert not alive(compiler)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
