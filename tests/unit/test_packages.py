"""The list of packages that tests give to the language host equals the list of pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import PYTHON_OF_THE_HOST

WORDS = ("-m", "pip", "list", "-v", "--format", "json")


# The Python of these tests, as the host finds it on PATH.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def listed(command: str) -> set[tuple[str, str, str]]:
    output = subprocess.check_output([command, *WORDS], text=True, env={**os.environ, "PATH": PATH})
    found, _ = json.JSONDecoder().raw_decode(output)
    return {(each["name"], each["version"], each["location"]) for each in found}


def test_the_packages_are_those_that_pip_lists() -> None:
    assert listed(PYTHON_OF_THE_HOST) == listed(sys.executable)


def test_anything_else_is_pythons() -> None:
    said = subprocess.check_output([PYTHON_OF_THE_HOST, "-c", "print('x y')"], text=True)

    assert said == "x y\n"
