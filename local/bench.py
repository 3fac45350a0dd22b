"""`make bench`: what an `up` costs, as ratios to an empty program on the same engine.

Time is wall time of the whole command; each figure is the median of the rounds, and a ratio is
the median of the rounds' own ratios, so that a machine that slows down does not count. Memory is
the largest single process of the command. Requests are counted by the local world.

Beside the empty program stands one with a dynamic resource, a Vercel variable and a command, each
trivial: what the engine and its three plugins cost whatever is declared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.large_catalog import FEATURES, PLANS, large_catalog
from local.project import Project, copy_project, settings_on
from local.world import World, seed

PACK = ("--policy-pack", "policies/pack")
SIZE = f"{PLANS} plans, {FEATURES} features"
UP = ("up", "--yes", "--skip-preview", "--stack")

# The smallest number of requests that can do the operation on the development instance, and why.
FEWEST = {
    "first up": (
        38,
        "application 1 · config: read, 2 writes, 2 read-backs · roles: list, make, list · "
        "API keys 1 · webhook: app, token, endpoint, read-back, secret · project 1, variables 16, "
        "read-back 1 · "
        "redeploy: find, start, look 3 times (queued, building, ready)",
    ),
    "unchanged up": (0, "nothing is asked"),
    "one price": (6, "config: read, write, read-back · subscribers: key, plan, subscriptions"),
    "preview": (0, "nothing is asked"),
}


@dataclass
class Cost:
    """What one command cost."""

    seconds: float
    mebibytes: float


@dataclass
class Rounds:
    """The costs of one kind of command, round by round."""

    costs: list[Cost] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Median wall time in seconds."""
        return statistics.median(cost.seconds for cost in self.costs)

    @property
    def mebibytes(self) -> float:
        """Median peak memory in MiB."""
        return statistics.median(cost.mebibytes for cost in self.costs)

    def ratio_to(self, other: Rounds) -> float:
        """Median of the ratios of times, round by round."""
        pairs = zip(self.costs, other.costs, strict=True)
        return statistics.median(one.seconds / two.seconds for one, two in pairs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds and print the two tables."""
    options = _parser().parse_args(arguments)
    rounds: dict[str, Rounds] = {}
    requests: dict[str, Counter[str]] = {}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            _round(Path(folder), rounds, requests, large=options.large)
    if options.json:
        print(json.dumps(_as_json(rounds, requests), indent=2))
    else:
        _show(rounds, requests)
    return 0


def _round(
    folder: Path,
    rounds: dict[str, Rounds],
    requests: dict[str, Counter[str]],
    *,
    large: bool,
) -> None:
    with World(folder / "world") as world:
        empty = _empty_program(folder / "empty", world)
        _keep(rounds, "empty, first up", _run(empty, (*UP, "local")))
        _keep(rounds, "empty, unchanged up", _run(empty, (*UP, "local")))
        least = _one_of_each(folder / "one-of-each", world)
        _keep(rounds, "one of each, first up", _run(least, (*UP, "local")))
        _keep(rounds, "one of each, unchanged up", _run(least, (*UP, "local")))
        project = Project(copy_project(folder / "project"), world)
        project.init("local", settings_on(world))
        for name, words in (
            ("first up", (*UP, "local")),
            ("unchanged up", (*UP, "local")),
            ("unchanged up with the policy pack", (*UP, "local", *PACK)),
            ("preview", ("preview", "--stack", "local")),
        ):
            world.clear_journal()
            _keep(rounds, name, _run(project, words))
            requests[name] = _requests(world)
        project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
        world.clear_journal()
        _keep(rounds, "one price", _run(project, (*UP, "local")))
        requests["one price"] = _requests(world)
        if large:
            (project.folder / "catalog.yaml").write_text(large_catalog())
            for name in (f"{SIZE}, up", f"{SIZE}, unchanged up"):
                _keep(rounds, name, _run(project, (*UP, "local")))
            project.edit("catalog.yaml", ("amount: 1000\n", "amount: 1001\n"))
            _keep(rounds, f"{SIZE}, one price", _run(project, (*UP, "local")))


def _empty_program(folder: Path, world: World) -> Project:
    copy_project(folder, ("Pulumi.yaml",))
    (folder / "__main__.py").write_text("import pulumi\n")
    empty = Project(folder, world)
    empty.init("local", {})
    return empty


ONE_OF_EACH = """
import pulumi
import pulumi_command
import pulumiverse_vercel
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    def create(self, props):
        return CreateResult("nothing", props)


class Made(Resource):
    pass


nothing = Made(Nothing(), "nothing", {{}})
variable = pulumiverse_vercel.ProjectEnvironmentVariable(
    "variable", project_id="{project}", key="NOTHING", value="nothing", targets=["preview"],
    sensitive=False, opts=pulumi.ResourceOptions(depends_on=[nothing]),
)
pulumi_command.local.Command(
    "nothing", create="true", opts=pulumi.ResourceOptions(depends_on=[variable])
)
"""


def _one_of_each(folder: Path, world: World) -> Project:
    copy_project(folder, ("Pulumi.yaml",))
    (folder / "__main__.py").write_text(ONE_OF_EACH.format(project=seed.VERCEL_PROJECT_ID))
    least = Project(folder, world)
    least.init("local", {}, {"vercel:apiToken": seed.VERCEL_TOKEN})
    return least


def _run(project: Project, words: Sequence[str]) -> Cost:
    with tempfile.TemporaryFile("w+") as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            project.command(*words),
            cwd=project.folder,
            env=project.environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        # wait4 tells the peak of this command alone: of its processes, the largest one.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise SystemExit(f"pulumi {' '.join(words)} failed\n{printed.read()}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def _keep(rounds: dict[str, Rounds], name: str, cost: Cost) -> None:
    rounds.setdefault(name, Rounds()).costs.append(cost)


def _requests(world: World) -> Counter[str]:
    return Counter(
        f"{entry.service}, {'read' if entry.method in ('GET', 'HEAD') else 'write'}"
        for entry in world.journal()
    )


def _show(rounds: Mapping[str, Rounds], requests: Mapping[str, Counter[str]]) -> None:
    console = Console()
    columns = ("command", "seconds", "to an empty program", "to one of each", "MiB")
    times = Table(*columns, title="Time and memory")
    for name, each in rounds.items():
        kind = "first up" if name.endswith("first up") else "unchanged up"
        bases = (rounds[f"empty, {kind}"], rounds[f"one of each, {kind}"])
        ratios = ["1" if each is base else f"{each.ratio_to(base):.2f}×" for base in bases]
        times.add_row(name, f"{each.seconds:.2f}", *ratios, f"{each.mebibytes:.0f}")
    console.print(times)
    sent = Table("operation", "requests", "fewest", "what they are", title="Requests")
    for name, (fewest, why) in FEWEST.items():
        sent.add_row(name, str(sum(requests[name].values())), str(fewest), why)
    console.print(sent)
    count = len(rounds["first up"].costs)
    console.print(f"{os.cpu_count()} cores, {count} rounds, medians")


def _as_json(
    rounds: Mapping[str, Rounds], requests: Mapping[str, Counter[str]]
) -> dict[str, object]:
    return {
        "costs": {name: [asdict(cost) for cost in each.costs] for name, each in rounds.items()},
        "requests": {name: dict(each) for name, each in requests.items()},
        "fewest": {name: count for name, (count, _) in FEWEST.items()},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds to run (3)")
    parser.add_argument("--large", action="store_true", help=f"with {SIZE} as well")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
