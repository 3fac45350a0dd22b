"""Measures the costs of the suite, a start, an `up` and a scan, as ratios of one run, and writes
them to docs/measured.md. The parts: suite, starts, ups, processes, large, scan, app.

All parts take about ten minutes on 2 cores; the suite's numbers are those that the last complete
`make test` recorded. Ctrl-C ends it, and nothing is written. Exit codes: 0 done, 1 a measured
command failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from local.machine.engine.places import Places
from local.machine.steps import Steps, interruptible
from local.measure import command, proc, suite
from local.measure.document import MEASURED, SECTIONS, sections
from local.measure.processes import processes
from local.measure.results import Machine, Results
from local.measure.scan import monorepo, scan
from local.measure.starts import starts
from local.measure.ups import ups
from local.project import TOP

DOCUMENT = TOP / "docs" / "measured.md"
STAND_IN = Places().stand_ins / "pulumi-resource-vercel"
PARTS = tuple(SECTIONS)
ROUNDS = 3
NO_SUITE = "No complete run of the tests is recorded: run `make test` first, then `make measure`."
FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, then print or write the results."""
    options = _parser().parse_args(arguments)
    for noisy in ("httpx", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    interruptible()
    steps = Steps("measure")
    whole = not options.only
    parts = [*(options.only or PARTS), *(["large"] if options.large else [])]
    if options.app:
        parts = ["app"]
    try:
        results = _measured(parts, options.rounds, steps)
    except command.Failed as error:
        steps.say(str(error))
        return FAILED
    except KeyboardInterrupt:
        steps.say("interrupted, nothing was written")
        return INTERRUPTED
    for part, why in results.unmeasured.items():
        steps.say(f"{part}: {why}")
    if options.json:
        print(results.model_dump_json(indent=2))
    elif not whole and not options.write:
        _show(results)
    if options.write or (whole and not options.json):
        DOCUMENT.write_text(MEASURED.written(DOCUMENT.read_text(), sections(results)))
        steps.say(f"wrote {DOCUMENT.relative_to(TOP)}")
    return 0


def _measured(parts: Sequence[str], rounds: int, steps: Steps) -> Results:
    say = steps.say
    found: dict[str, Any] = {}
    unmeasured = {}
    if "suite" in parts:
        found["suite"] = suite.recorded()
        if found["suite"] is None:
            unmeasured["suite"] = NO_SUITE
    if "scan" in parts:
        found["scan"] = scan(rounds, say)
    if "app" in parts:
        found["app"] = monorepo(rounds, say)
    for part, measure in (("starts", starts), ("processes", processes)):
        if part in parts:
            try:
                found[part] = measure(rounds, say)
            except proc.NotHere as error:
                unmeasured[part] = str(error)
    if "ups" in parts or "large" in parts:
        found["ups"], found["large"] = ups(rounds, say, large="large" in parts)
    return Results(machine=machine(), unmeasured=unmeasured, **found)


def machine() -> Machine:
    """Return what the document says about the machine."""
    shown = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=True)
    at = shutil.which("pulumi-resource-vercel")
    stand_ins = at is not None and Path(at).resolve() == STAND_IN.resolve()
    return Machine(
        cores=os.cpu_count() or 1,
        engine=f"{shown.stdout.strip().lstrip('v')} with "
        + ("the stand-in plugins" if stand_ins else "the official plugins"),
        python=platform.python_version(),
    )


def _show(results: Results) -> None:
    text = "\n".join(sections(results).values())
    if sys.stdout.isatty():
        Console().print(Markdown(text))
    else:
        print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make measure", description=__doc__)
    parser.add_argument(
        "--only",
        type=lambda text: [_part(word) for word in text.split(",")],
        metavar="PARTS",
        help=f"only print these parts, separated by commas, and write nothing: {', '.join(PARTS)}",
    )
    parser.add_argument("--write", action="store_true", help="write what --only measures")
    parser.add_argument(
        "--large", action="store_true", help="measure the large catalog in addition to --only"
    )
    parser.add_argument(
        "--app", action="store_true", help="measure a large app's code instead of --only"
    )
    parser.add_argument("--rounds", type=_count, default=ROUNDS, help=f"rounds to run ({ROUNDS})")
    parser.add_argument("--json", action="store_true", help="print JSON, and write nothing")
    return parser


def _part(word: str) -> str:
    if word not in PARTS:
        raise argparse.ArgumentTypeError(f"there is no part {word}: {', '.join(PARTS)}")
    return word


def _count(word: str) -> int:
    count = int(word)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return count


if __name__ == "__main__":
    sys.exit(main())
