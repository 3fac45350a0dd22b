"""`python -m local.machine.actionlint`: check the workflows of .github."""

from __future__ import annotations

import os
import sys

from local.machine.actionlint import check, ensure
from local.machine.engine.official import Unusable
from local.machine.engine.places import PROJECT, Places
from local.machine.steps import Steps, interruptible


def main() -> int:
    """Return exit code 0 if nothing is wrong, 1 if something is, or if the check can't run."""
    interruptible()
    files = sorted((PROJECT / ".github" / "workflows").glob("*.y*ml"))
    try:
        program = ensure(Places(), os.environ, Steps("actionlint"))
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    code = check(program, files)
    if code == 0:
        print(f"actionlint: {len(files)} workflows, nothing wrong")
    return code


if __name__ == "__main__":
    sys.exit(main())
