"""The measurements as data: the JSON of `make measure ARGS=--json`, and the source of the
document."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """An immutable part of the results."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(Part):
    """What the document says about the machine."""

    cores: int
    engine: str
    """The engine's version, and its plugins."""
    python: str


class Cost(Part):
    """The cost of one command."""

    seconds: float
    """Wall time from its start to its end."""
    cpu: float
    """User and system seconds of the command and of the processes that it waited for."""
    mebibytes: float
    """Peak memory of its largest process; Linux never reports less than the parent's memory."""


class Rounds(Part):
    """The costs of one kind of command, round by round."""

    name: str
    costs: tuple[Cost, ...]
    kind: str = ""
    """For an `up`: the one of the empty program to compare with, `first` or `unchanged`."""

    @property
    def seconds(self) -> float:
        """The median of the wall times."""
        return statistics.median(cost.seconds for cost in self.costs)

    @property
    def cpu(self) -> float:
        """The median of the CPU seconds."""
        return statistics.median(cost.cpu for cost in self.costs)

    @property
    def mebibytes(self) -> float:
        """The median of the peaks of memory."""
        return statistics.median(cost.mebibytes for cost in self.costs)

    def wall_ratio(self, other: Rounds) -> float:
        """Return the median of the rounds' ratios of wall time, which a slow round does not
        affect."""
        pairs = zip(self.costs, other.costs, strict=True)
        return statistics.median(one.seconds / two.seconds for one, two in pairs)

    def cpu_ratio(self, other: Rounds) -> float:
        """Return the median of the rounds' ratios of CPU seconds."""
        pairs = zip(self.costs, other.costs, strict=True)
        return statistics.median(one.cpu / two.cpu for one, two in pairs)


class Requests(Part):
    """The number of requests of an operation, by `service, read` or `service, write`."""

    name: str
    sent: dict[str, int]


class Ups(Part):
    """The ups of the empty program, of one of each, and of the project."""

    rounds: tuple[Rounds, ...]
    requests: tuple[Requests, ...]

    def named(self, name: str) -> Rounds:
        """Return the rounds of one command.

        Raises:
            LookupError: it was not run.
        """
        for rounds in self.rounds:
            if rounds.name == name:
                return rounds
        raise LookupError(f"{name} was not run")


class Role(Part):
    """The processes of one role in one `up`: the engine, the program, a plugin."""

    role: str
    processes: int
    cpu: float
    """User and system seconds of all of them."""
    first_seen: float
    """Seconds from the start of the `up`."""
    ended: float
    """Seconds from the start of the `up` to the end of the last one."""
    mebibytes: float
    """Peak memory of the largest one."""


class Account(Part):
    """One `up`, process by process."""

    seconds: float
    """Wall time of the whole `up`."""
    sampling: float
    """CPU seconds that the sampler took for itself meanwhile."""
    roles: tuple[Role, ...]

    @property
    def cpu(self) -> float:
        """CPU seconds of all processes."""
        return sum(role.cpu for role in self.roles)


class Accounts(Part):
    """The accounts of one kind of `up`, by round."""

    name: str
    rounds: tuple[Account, ...]

    def roles(self) -> list[str]:
        """Return the roles in any round, in order of appearance."""
        first: dict[str, float] = {}
        for account in self.rounds:
            for role in account.roles:
                first[role.role] = min(role.first_seen, first.get(role.role, role.first_seen))
        return sorted(first, key=lambda name: first[name])

    def median(self, role: str) -> Role:
        """Return the median of each number of one role; a round without it is zero."""
        nothing = Role(role=role, processes=0, cpu=0, first_seen=0, ended=0, mebibytes=0)
        all_of_it = [
            next((each for each in account.roles if each.role == role), nothing)
            for account in self.rounds
        ]
        return Role(
            role=role,
            processes=round(statistics.median(each.processes for each in all_of_it)),
            cpu=statistics.median(each.cpu for each in all_of_it),
            first_seen=statistics.median(each.first_seen for each in all_of_it),
            ended=statistics.median(each.ended for each in all_of_it),
            mebibytes=statistics.median(each.mebibytes for each in all_of_it),
        )

    def share(self, role: str) -> float:
        """Return the median of the rounds' shares of a role in the CPU seconds, 0 to 1."""
        return statistics.median(
            sum(each.cpu for each in account.roles if each.role == role) / account.cpu
            for account in self.rounds
        )


class Start(Part):
    """A start, up to its first request or its end."""

    name: str
    own: tuple[float, ...]
    """CPU seconds of the command's own process, by round."""
    below: tuple[float, ...]
    """CPU seconds of its child processes, by round."""
    asks: bool
    """Whether it was stopped at its first request; if not, it ended without one."""


class Starts(Part):
    """The cost until a command begins its work. `unit` is an empty Python program."""

    unit: tuple[float, ...]
    starts: tuple[Start, ...]


class Monorepo(Part):
    """The cost of searching a large app's code."""

    files: int
    checks: int
    cold: tuple[Cost, ...]
    """With an empty cache."""
    warm: tuple[Cost, ...]
    """With everything in the cache."""
    walks: tuple[tuple[int, float], ...]
    """For a recursive walk: the number of fields, and seconds of CPU."""


class Scan(Part):
    """The cost of searching an app's code for checks."""

    files: int
    checks: int
    """The number of checks found."""
    unit: tuple[float, ...]
    """CPU seconds of an empty Python program."""
    nothing: tuple[Cost, ...]
    """The same for an app with one file: the cost of the imports."""
    whole: tuple[Cost, ...]


class Large(Part):
    """The project with a catalog of a size that no product has."""

    size: str
    rounds: tuple[Rounds, ...]
    base: tuple[Rounds, ...]
    """*One of each* in the same rounds: its first and its unchanged `up`."""


class TestFile(Part):
    """The tests of one file, or of one folder."""

    __test__ = False  # keeps pytest from collecting the class

    name: str
    seconds: float
    tests: int


class Suite(Part):
    """One complete run of the tests."""

    wall: float
    cpu: float
    """User and system seconds of pytest, its workers and all processes that they waited for."""
    workers: int
    passed: int
    failed: int
    skipped: int
    files: tuple[TestFile, ...]

    @property
    def seconds(self) -> float:
        """Return the sum of all tests' seconds."""
        return sum(file.seconds for file in self.files)

    def by_part(self) -> list[TestFile]:
        """Return the folders below tests/, slowest first."""
        parts: dict[str, list[TestFile]] = {}
        for file in self.files:
            parts.setdefault("/".join(file.name.split("/")[:2]), []).append(file)
        summed = [
            TestFile(
                name=name,
                seconds=sum(file.seconds for file in files),
                tests=sum(file.tests for file in files),
            )
            for name, files in parts.items()
        ]
        return slowest(summed)


class Results(Part):
    """All results of one run; a part is None if it was not measured."""

    machine: Machine
    suite: Suite | None = None
    starts: Starts | None = None
    ups: Ups | None = None
    processes: tuple[Accounts, ...] | None = None
    large: Large | None = None
    app: Monorepo | None = None
    scan: Scan | None = None
    unmeasured: dict[str, str] = {}
    """The reason for each requested part that could not be measured."""


def slowest(files: Iterable[TestFile]) -> list[TestFile]:
    """Return the files, slowest first."""
    return sorted(files, key=lambda file: (-file.seconds, file.name))


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
