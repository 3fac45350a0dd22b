"""Turns results into the generated sections of docs/measured.md, whose prose is written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from local.measure.operations import BASES, FEWEST
from local.measure.results import (
    Accounts,
    Large,
    Machine,
    Monorepo,
    Results,
    Rounds,
    Scan,
    Start,
    Starts,
    Suite,
    TestFile,
    Ups,
    median,
    slowest,
)
from local.sections import Sections, table

MEASURED = Sections("measured")
SECTIONS = {
    "suite": ("suite",),
    "starts": ("starts",),
    "ups": ("ups", "requests"),
    "processes": ("processes", "memory"),
    "large": ("large",),
    "scan": ("scan",),
    "app": ("app",),
}
"""The sections of each part of the results; `machine` is always written too."""
SLOWEST = 10  # test files that are listed
MINUTE = 60
MILLISECONDS = 1000


def sections(results: Results) -> dict[str, str]:
    """Return the sections of the measured parts, by name.

    If a requested part could not be measured, its sections say why.
    """
    made = {"machine": _machine(results.machine)}
    for part, why in results.unmeasured.items():
        made |= dict.fromkeys(SECTIONS[part], why + "\n")
    if results.suite is not None:
        made["suite"] = _suite(results.suite)
    if results.starts is not None:
        made["starts"] = _starts(results.starts)
    if results.ups is not None:
        made |= {"ups": _ups(results.ups), "requests": _requests(results.ups)}
    if results.processes is not None:
        made["processes"] = _processes(results.processes)
        made["memory"] = _memory(results.processes)
    if results.large is not None:
        made["large"] = _large(results.large)
    if results.scan is not None:
        made["scan"] = _scan(results.scan)
    if results.app is not None:
        made["app"] = _app(results.app)
    return made


# -- the sections -------------------------------------------------------------------------------


def _machine(machine: Machine) -> str:
    return f"{machine.cores} cores, engine {machine.engine}, Python {machine.python}.\n"


def _suite(suite: Suite) -> str:
    total = suite.seconds
    rows = [_suite_row(part, total) for part in suite.by_part()]
    slow = [_suite_row(file, total) for file in slowest(suite.files)[:SLOWEST]]
    counts = f"{suite.passed:,} passed, {suite.failed} failed, {suite.skipped} skipped"
    return (
        f"{counts}. {suite.workers} workers: {suite.wall / MINUTE:.1f} min of wall time, "
        f"{suite.cpu / MINUTE:.1f} min of CPU.\n\n"
        + table(("part", "share", "min", "tests"), rows)
        + f"\nThe {SLOWEST} slowest files:\n\n"
        + table(("file", "share", "min", "tests"), slow)
    )


def _suite_row(file: TestFile, total: float) -> tuple[str, ...]:
    share = _percent(file.seconds / total)
    return (f"`{file.name}`", share, f"{file.seconds / MINUTE:.1f}", f"{file.tests:,}")


def _starts(starts: Starts) -> str:
    unit = median(starts.unit)
    rows = [
        ("`python -c pass`", "1×", f"{unit:.3f}", "", "its end"),
        *(_start_row(start, unit) for start in starts.starts),
    ]
    return table(
        ("start", "to a Python start", "CPU s", "CPU s of what it starts", "measured up to"), rows
    )


def _start_row(start: Start, unit: float) -> tuple[str, ...]:
    own, below = median(start.own), median(start.below)
    return (
        f"`{start.name}`",
        f"{own / unit:.0f}×",
        f"{own:.2f}",
        f"{below:.2f}" if below else "",
        "its first request" if start.asks else "its end: it asks nobody",
    )


def _ups(ups: Ups) -> str:
    rows = []
    for rounds in ups.rounds:
        empty, least = (ups.named(name) for name in BASES[rounds.kind])
        rows.append(
            (
                rounds.name,
                _wall_to(rounds, empty),
                _wall_to(rounds, least),
                _cpu_to(rounds, least),
                *_absolute(rounds),
            )
        )
    columns = ("command", "to an empty program", "to *one of each*", "CPU, to *one of each*")
    return table((*columns, *ABSOLUTE), rows) + _rounds_note(ups.rounds)


def _requests(ups: Ups) -> str:
    sent = {request.name: sum(request.sent.values()) for request in ups.requests}
    rows = [
        (name, str(sent[name]), str(fewest), why)
        for name, (fewest, why) in FEWEST.items()
        if name in sent
    ]
    return table(("operation", "requests", "fewest that can do it", "what they are"), rows)


def _processes(processes: Sequence[Accounts]) -> str:
    return "\n".join(_account(accounts) for accounts in processes)


def _account(accounts: Accounts) -> str:
    wall = median([account.seconds for account in accounts.rounds])
    whole = median([account.cpu for account in accounts.rounds])
    names = accounts.roles()
    first = accounts.median(names[0])
    rows = []
    for name in names:
        role = accounts.median(name)
        if not role.processes:
            continue
        count = f" ({role.processes} processes)" if role.processes > 1 else ""
        rows.append(
            (
                f"{name}{count}",
                _percent(accounts.share(name)),
                f"{role.cpu / first.cpu:.2f}×",
                f"{role.cpu:.2f}",
                f"{_percent(role.first_seen / wall)} to {_percent(role.ended / wall)}",
            )
        )
    columns = ("process", "share of the CPU", f"to the {names[0]}", "CPU s", "runs during")
    head = f"{accounts.name[0].upper()}{accounts.name[1:]}: {whole:.2f} s of CPU, {wall:.2f} s."
    return f"{head}\n\n{table(columns, rows)}"


def _memory(processes: Sequence[Accounts]) -> str:
    names: list[str] = []
    for accounts in processes:
        names += [name for name in accounts.roles() if name not in names]
    largest = {name: [_peak(accounts, name) for accounts in processes] for name in names}
    rows = [
        (name, *(f"{peak:.0f}" if peak else "" for peak in peaks))
        for name, peaks in sorted(largest.items(), key=lambda item: -max(item[1]))
    ]
    return table(("process, MiB", *(accounts.name for accounts in processes)), rows)


def _peak(accounts: Accounts, role: str) -> float:
    return accounts.median(role).mebibytes if role in accounts.roles() else 0.0


def _large(large: Large) -> str:
    base = {rounds.name: rounds for rounds in large.base}
    rows = []
    for rounds in large.rounds:
        _, least = BASES[rounds.kind]
        rows.append(
            (
                rounds.name,
                _wall_to(rounds, base[least]),
                _cpu_to(rounds, base[least]),
                *_absolute(rounds),
                f"{rounds.mebibytes:.0f}",
            )
        )
    columns = ("command", "to *one of each*", "CPU, to *one of each*")
    return (
        f"{large.size}.\n\n"
        + table((*columns, *ABSOLUTE, "MiB"), rows)
        + _rounds_note(large.rounds)
    )


def _scan(scan: Scan) -> str:
    unit = median(scan.unit)
    nothing, whole = (median([cost.cpu for cost in each]) for each in (scan.nothing, scan.whole))
    each = (whole - nothing) / (scan.files - 1)
    rows = [
        (
            name,
            f"{cpu / unit:.0f}×",
            f"{cpu:.2f}",
            f"{median([cost.mebibytes for cost in costs]):.0f}",
        )
        for name, cpu, costs in (
            ("one file", nothing, scan.nothing),
            (f"{scan.files} files, {scan.checks} checks in them", whole, scan.whole),
        )
    ]
    return (
        table(("an app of", "to a Python start", "CPU s", "MiB"), rows)
        + f"\nA file more: {each / unit:.3f}× of a Python start, {each * MILLISECONDS:.2f} ms.\n"
    )


def _app(app: Monorepo) -> str:
    rows = [
        (
            name,
            f"{median([cost.cpu for cost in costs]):.2f}",
            f"{median([cost.seconds for cost in costs]):.2f}",
            f"{max(cost.mebibytes for cost in costs):.0f}",
        )
        for name, costs in (("empty", app.cold), ("complete", app.warm))
    ]
    walks = [(str(fields), f"{cpu * MILLISECONDS:.1f}") for fields, cpu in app.walks]
    return (
        f"{app.files:,} files, {app.checks} checks in them.\n\n"
        + table(("cache", "CPU s", "seconds", "MiB"), rows)
        + "\nA function that walks a tree and calls itself for each field:\n\n"
        + table(("fields", "CPU ms"), walks)
    )


# -- how figures are shown ----------------------------------------------------------------------

ABSOLUTE = ("seconds", "CPU s")


def _absolute(rounds: Rounds) -> tuple[str, ...]:
    return (f"{rounds.seconds:.2f}", f"{rounds.cpu:.2f}")


def _wall_to(rounds: Rounds, base: Rounds) -> str:
    return "1×" if rounds.name == base.name else f"{rounds.wall_ratio(base):.2f}×"


def _cpu_to(rounds: Rounds, base: Rounds) -> str:
    return "1×" if rounds.name == base.name else f"{rounds.cpu_ratio(base):.2f}×"


def _rounds_note(rounds: Sequence[Rounds]) -> str:
    count = len(rounds[0].costs)
    return f"\n{count} {'round' if count == 1 else 'rounds'}, medians.\n"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
