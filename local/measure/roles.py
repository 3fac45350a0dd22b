"""Finds the role of each process of an `up` by its arguments and its parent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from local.measure.results import Role
from local.measure.sampler import Seen

ENGINE, HOST, PROGRAM = "engine", "language host", "program"
DYNAMIC, VERCEL, COMMAND = "dynamic provider", "vercel plugin", "command plugin"
PACK, REDEPLOY, OTHERS = "policy pack", "redeploy command", "others"
PACKAGES = "list of the packages"  # in which the language host looks for plugins

# The first match wins: the engine's own arguments name the pack as well. The plugins' launchers are
# shells that become a Python.
ROLES = (
    (re.compile(r"^(\S*/)?pulumi( |$)"), ENGINE),
    (re.compile(r"\bclerkstack redeploy\b"), REDEPLOY),
    (re.compile(r"\bpulumi-resource-pulumi-python\b|-m (?:pulumi|clerkstack)\.dynamic\b"), DYNAMIC),
    (re.compile(r"\bpulumi-resource-vercel\b|\bstart\.py vercel\b"), VERCEL),
    (re.compile(r"\bpulumi-resource-command\b|\bstart\.py command\b"), COMMAND),
    (re.compile(r"\bpolicies/pack\b|-m policies\b|\bpulumi-analyzer-\S+"), PACK),
    (re.compile(r"\bpulumi-language-python-exec\b"), PROGRAM),
    (re.compile(r"\bpulumi-language-\S+"), HOST),
    (re.compile(r"-m pip list\b|\buv pip list\b"), PACKAGES),
)
# A child of one of these works for it; a child of the engine or its host may be anything.
HELPED = frozenset({REDEPLOY, DYNAMIC, VERCEL, COMMAND, PACK, PROGRAM})


def role_of(seen: Seen, processes: Mapping[int, Seen]) -> str:
    """Return the role of a process among all processes seen."""
    text = " ".join(seen.words)
    for pattern, role in ROLES:
        if pattern.search(text):
            return role
    parent = None if seen.parent is None else processes.get(seen.parent)
    if parent is None:
        return OTHERS
    above = role_of(parent, processes)
    return above if above in HELPED else OTHERS


def by_role(processes: Iterable[Seen]) -> tuple[Role, ...]:
    """Sum up the processes by role, in order of appearance."""
    every = {seen.pid: seen for seen in processes}
    grouped: dict[str, list[Seen]] = {}
    for seen in sorted(every.values(), key=lambda each: each.first_seen):
        grouped.setdefault(role_of(seen, every), []).append(seen)
    return tuple(
        Role(
            role=role,
            processes=len(group),
            cpu=sum(seen.cpu for seen in group),
            first_seen=min(seen.first_seen for seen in group),
            ended=max(seen.last_seen for seen in group),
            mebibytes=max(seen.mebibytes for seen in group),
        )
        for role, group in grouped.items()
    )
