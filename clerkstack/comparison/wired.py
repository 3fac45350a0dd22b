"""Compares what the app's code does with webhook events and variables with what a stack's settings
declare of them. Pure.

A finding is sure: an event that the app handles and does not get, a variable that it reads and
nobody writes, a secret in a file that goes to the browser. All else is a note.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clerkstack.app.routes import answering
from clerkstack.app.wiring import Handled, Read, Wiring
from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import finding_of
from clerkstack.desired.variables import Keys, variables
from clerkstack.settings.events import KNOWN_EVENTS, meant_event
from clerkstack.settings.variable_names import (
    BY_PACKAGE,
    OTHERWISE,
    SETS,
    UNREAD,
    all_names,
    is_server_secret,
    names_of,
    purpose_of,
)

if TYPE_CHECKING:
    from clerkstack.clients.svix import Endpoint
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings import Settings
    from clerkstack.settings.projects import Project

_NEAR = 0.95
# What makes a bundler put a variable into what a browser gets.
_PUBLIC = re.compile("^(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|GATSBY)_")
_SERVER = ("server", "webhooks")


@dataclass(frozen=True)
class LiveWiring:
    """What is there. `events` are those that the stack's endpoint gets, empty where it gets all;
    None where there is no endpoint. `variables` are target/KEY by a project's id."""

    events: frozenset[str] | None = None
    variables: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings, live: LiveInstance) -> LiveWiring:
        """Read what the endpoint gets and which variables are at Vercel, of what a stack declares.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
            ResourceFailed: a key is missing.
        """
        use = settings.components
        endpoint = live.endpoint(settings.webhook_url) if use.webhook else None
        projects = settings.vercel_projects if use.environment else ()
        there = {each.project_id: live.variables(each, decrypt=False) for each in projects}
        return cls.of(endpoint, there)

    @classmethod
    def of(
        cls, endpoint: Endpoint | None, variables: Mapping[str, Iterable[EnvironmentVariable]]
    ) -> LiveWiring:
        """From what was read: the stack's endpoint, and the variables of each project by its id."""
        events = None if endpoint is None else frozenset(endpoint.event_types or ())
        names = {
            project: frozenset(
                f"{target}/{each.key}"
                for each in there
                if not each.git_branch
                for target in each.target
            )
            for project, there in variables.items()
        }
        return cls(events, names)

    def gets(self, event: str) -> bool:
        """Whether the endpoint gets an event, or one that begins so."""
        if self.events is None:
            return False
        return not self.events or any(_fits(event, each) for each in self.events)


@dataclass(frozen=True)
class EventRow:
    """An event: whether the app handles it, whether the settings subscribe to it, and whether the
    instance's endpoint gets it, None where that was not read."""

    event: str
    app: bool
    declared: bool
    instance: bool | None = None
    where: str | None = None


@dataclass(frozen=True)
class VariableRow:
    """A variable of one project: whether its app reads it, for which targets it is written, and for
    which of the stack's targets it is at Vercel, None where that was not read."""

    name: str
    project: str
    app: bool
    targets: tuple[str, ...]
    instance: tuple[str, ...] | None = None
    where: str | None = None


@dataclass(frozen=True)
class Wired:
    """All that was compared, and what is wrong."""

    events: tuple[EventRow, ...] = ()
    variables: tuple[VariableRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def wired(settings: Settings, wiring: Wiring | None, live: LiveWiring | None = None) -> Wired:
    """Compare the app's code with the settings of a stack; nothing where no code is read.

    Args:
        settings: of the stack.
        wiring: what the app's code does.
        live: what is there; None where it was not read. A variable that somebody else brought to
            Vercel is known by it.
    """
    if wiring is None:
        return Wired()
    found: list[Finding] = []
    notes: list[str] = []
    events: list[EventRow] = []
    rows: list[VariableRow] = []
    if settings.components.webhook:
        of_events = _OfEvents(settings, wiring, live)
        found += of_events.findings()
        notes += of_events.notes()
        events += of_events.rows()
    if settings.components.environment:
        for project in settings.vercel_projects:
            of_project = _OfProject(settings, project, wiring, live)
            found += of_project.findings()
            notes += of_project.notes()
            rows += of_project.rows()
    found += _in_browsers(wiring)
    notes += _through(wiring)
    notes += [
        f"{each}: takes too long to search for events and variables" for each in wiring.stopped
    ]
    return Wired(tuple(events), tuple(rows), tuple(found), tuple(dict.fromkeys(notes)))


class _OfEvents:
    """What the app handles, against what the webhook gets."""

    def __init__(self, settings: Settings, wiring: Wiring, live: LiveWiring | None) -> None:
        self._settings = settings
        self._wiring = wiring
        self._live = live
        self._declared = dict.fromkeys(settings.webhook.events)
        self._path = urlsplit(settings.webhook_url).path or "/"
        self._routes = self._answering()
        at_route = [
            each for each in wiring.handlers if any(file in each.files for file in self._routes)
        ]
        is_only = len(wiring.handlers) == 1 and not self._is_elsewhere()
        self._is_sure = bool(at_route) or is_only
        self._handlers = at_route or list(wiring.handlers)
        self._handled = [handled for handler in self._handlers for handled in handler.handled]

    def findings(self) -> Iterator[Finding]:
        """What is handled and never comes."""
        remedy = "Add it to clerkstack:webhook.events, or remove it from the app"
        for each in self._lost():
            if self._is_sure and each.sure:
                gets = None if self._live is None else self._live.gets(each.event)
                message = f"{self._never(each)}, so that code never runs"
                if gets:
                    message = f"{self._never(each)} after the next update; today it does"
                yield _finding("event", each.event, "handled", message, remedy, each.where, gets)

    def notes(self) -> Iterator[str]:
        """What is not sure, and what comes for nothing."""
        for each in self._lost():
            if not self._is_sure:
                yield f"{each.where}: {self._never(each)}, if the webhook leads there"
            elif not each.sure:
                yield f"{each.where}: {self._never(each)}, if it is an event of Clerk's"
        yield from (place for handler in self._handlers for place in handler.unresolved)
        yield from self._only_named()
        unhandled = self._unhandled()
        if unhandled:
            names = ", ".join(unhandled)
            yield f"the webhook gets {names}, and nothing in the app handles it"
        yield from self._of_route()

    def _only_named(self) -> Iterator[str]:
        """What is named where events are handled, in a form that is not read, and does not come."""
        for handler in self._handlers:
            names = [
                event
                for event in sorted(handler.named & frozenset(KNOWN_EVENTS))
                if event not in self._declared
                and not any(_fits(each.event, event) for each in self._handled)
            ]
            if names:
                yield (
                    f"{handler.where}: {', '.join(names)} is named where this file handles events, "
                    "and the webhook does not get it; whether the file handles it is unresolved"
                )

    def rows(self) -> Iterator[EventRow]:
        """Every event that one of both has."""
        first: dict[str, str] = {}
        for each in self._handled:
            if each.sure:
                first.setdefault(each.event, each.where)
        handled = {event: where for event, where in first.items() if event.strip(".") == event}
        for event in dict.fromkeys([*self._declared, *handled]):
            beginning = next((each for each in first if _fits(each, event)), None)
            where = None if beginning is None else first[beginning]
            gets = None if self._live is None else self._live.gets(event)
            yield EventRow(event, beginning is not None, event in self._declared, gets, where)

    def _lost(self) -> Iterator[Handled]:
        """What is handled and does not come, each once."""
        seen: set[str] = set()
        for each in sorted(self._handled, key=lambda it: not it.sure):
            comes = any(_fits(each.event, event) for event in self._declared)
            if not comes and each.event not in seen:
                seen.add(each.event)
                yield each

    def _never(self, each: Handled) -> str:
        if each.event.strip(".") != each.event:
            part = "begins" if each.event.endswith(".") else "ends"
            return (
                f"the app handles every event that {part} with '{each.event}', and the webhook "
                "gets none"
            )
        near = meant_event(each.event)
        meant = "" if near is None else f" (did you mean '{near}'?)"
        return f"the app handles '{each.event}', and the webhook does not get it{meant}"

    def _unhandled(self) -> list[str]:
        if self._settings.app.scan or not self._handled:
            return []
        if any(handler.unresolved or handler.all_on for handler in self._handlers):
            return []
        named = frozenset().union(*(handler.named for handler in self._handlers))
        return [
            event
            for event in self._declared
            if event not in named and not any(_fits(each.event, event) for each in self._handled)
        ]

    # Where the webhook leads.

    def _of_route(self) -> Iterator[str]:
        # Where only some folders are looked at, it may be in another.
        if self._is_elsewhere() or self._settings.app.scan:
            return
        shown = "the webhook's path" if self._settings.webhook_address else self._path
        if not self._routes:
            by = self._wiring.rewrites
            beside = f"; whether {', '.join(by)} routes it elsewhere is not checked" if by else ""
            yield f"no file of the app seems to answer {shown}{beside}"
        elif not any(
            file in handler.files for handler in self._wiring.handlers for file in self._routes
        ):
            yield (
                f"{self._routes[0]}: it answers {shown}, but does not seem to verify events "
                "with Clerk's or Svix's library"
            )

    def _answering(self) -> list[str]:
        """The files that answer the declared path."""
        folders = [each.root_directory for each in self._projects() if each.root_directory]
        below = folders[0].strip("/") + "/" if folders else ""
        names = [name.removeprefix(below) for name in self._wiring.names if name.startswith(below)]
        found = [below + name for name in answering(self._path, names)][:1]
        steps = self._path.strip("/").split("/")
        for file, _, path in self._wiring.routers:
            own = path.strip("/").split("/")
            if path.strip("/*") and file.startswith(below) and _ends(steps, own):
                found.append(file)
        return found

    def _projects(self) -> list[Project]:
        """The projects that the webhook may lead to."""
        projects = list(self._settings.vercel_projects)
        host = urlsplit(self._settings.webhook_url).hostname
        return [each for each in projects if urlsplit(each.app_url).hostname == host]

    def _is_elsewhere(self) -> bool:
        return self._settings.webhook.url is not None and not self._projects()


class _OfProject:
    """What the app of one project reads, against what is written for it."""

    def __init__(
        self, settings: Settings, project: Project, wiring: Wiring, live: LiveWiring | None
    ) -> None:
        self._project = project
        self._there = None if live is None else live.variables.get(project.project_id, frozenset())
        self._wiring = wiring
        webhook = settings.components.webhook
        declared = variables(project, Keys("", "", "" if webhook else None))
        self._written: dict[str, list[str]] = {}
        for each in declared:
            self._written.setdefault(each.key, []).append(each.target)
        # An app's own address has a name that others may have given it.
        self._known = {each for each in all_names() if "CLERK" in each} | {*self._written}
        self._in_part = bool(settings.app.scan)
        self._skipped = () if webhook else names_of("signing_secret")
        others = [each.root_directory for each in settings.vercel_projects if each != project]
        self._others = [other.strip("/") for other in others if other]
        root = project.root_directory
        self._root = None if root is None else root.strip("/")
        if self._root is not None:
            self._others += [each for each in wiring.apps if not _below(each, self._root)]
        self._apps = [e for e in wiring.apps if not any(_below(e, at) for at in self._others)]
        self._reads = [each for each in [*wiring.reads, *self._implied()] if self._has(each.file)]

    def findings(self) -> Iterator[Finding]:
        """What is read and not written."""
        for name, missing, reads in self._missing():
            each = reads[0]
            if not (each.sure and self._is_sure(each)):
                continue
            other = [key for key in _same(name) if key in self._written]
            instead = f" (it writes {', '.join(other)})" if other else ""
            by = f"uses {each.by}, which reads" if each.by else "reads"
            message = (
                f"{self._project.prefix}the app {by} {name}, and the "
                f"stack does not write it for {' and '.join(missing)}{instead}"
            )
            remedy = self._remedy(name, missing)
            yield _finding("variable", name, "read", message, remedy, each.where)

    def notes(self) -> Iterator[str]:
        """What is not sure, and what is written for nothing."""
        prefix = self._project.prefix
        for name, missing, reads in self._missing():
            each = reads[0]
            if each.sure and self._is_sure(each):
                continue
            written = any(key in self._written for key in _same(name))
            if each.column is None or (written and not each.sure):
                continue
            why = (
                "a default may replace it"
                if not each.sure
                else (
                    "whether this project's app reads it is unresolved (set rootDirectory to the "
                    "app's folder)"
                )
            )
            targets = " and ".join(missing)
            yield (
                f"{each.where}: {prefix}{name} is read, and the stack does not write it for "
                f"{targets}: {why}"
            )
        yield from self._of_other_names()
        unread = self._unread()
        if unread:
            some = ", ".join(f"{each}{_instead(each)}" for each in unread)
            yield f"{prefix}the stack writes {some}, but nothing in the app reads it"

    def rows(self) -> Iterator[VariableRow]:
        """Every variable that is written, or read and of Clerk's names."""
        first: dict[str, str] = {}
        for each in self._reads:
            first.setdefault(each.name, each.where)
        names = dict.fromkeys([*self._written, *(each for each in first if each in self._known)])
        unread = self._unread()
        for name in names:
            targets = tuple(self._written.get(name, ()))
            app = name in first or name not in unread
            there = None
            if self._there is not None:
                all_targets = self._project.targets
                there = tuple(each for each in all_targets if f"{each}/{name}" in self._there)
            yield VariableRow(name, self._project.name, app, targets, there, first.get(name))

    def _missing(self) -> Iterator[tuple[str, list[str], list[Read]]]:
        """What is read and not written: for which targets, and where, the surest place first."""
        reads: dict[str, list[Read]] = {}
        for each in self._reads:
            if each.name in self._known and each.name not in self._skipped:
                reads.setdefault(each.name, []).append(each)
        for name, places in reads.items():
            written = self._written.get(name, ())
            missing: list[str] = [
                target
                for target in self._project.targets
                if target not in written
                and f"{target}/{name}" not in self._project.leave_alone
                and f"{target}/{name}" not in (self._there or ())
            ]
            if missing:
                key = lambda it: (not (it.sure and self._is_sure(it)), bool(it.by))  # noqa: E731
                yield name, missing, sorted(places, key=key)

    def _remedy(self, name: str, missing: Sequence[str]) -> str:
        sets = [each for each in SETS if name in all_names([each])]
        path = ".".join(map(str, self._project.path))
        alone = ", ".join(f"{target}/{name}" for target in missing)
        return (
            f"Add {' or '.join(sets)} to clerkstack:{path}.names, correct it in the app, or, if "
            f"somebody else sets it, add {alone} to leaveAlone"
        )

    def _implied(self) -> Iterator[Read]:
        """What packages read by themselves."""
        if self._wiring.by_hand:
            return
        for file, line, package in self._wiring.packages:
            home, _, part = package.removeprefix("@clerk/").partition("/")
            of = BY_PACKAGE.get(f"@clerk/{home}")
            if of is None or not line:
                continue
            if not any(each in self._written for each in OTHERWISE.get(of, ())):
                yield Read(SETS[of].publishable_key, file, line, by=package)
            if part in _SERVER or home == "express":
                yield Read(SETS[of].secret_key, file, line, by=package)

    def _unread(self) -> list[str]:
        packages = [name for file, _, name in self._wiring.packages if self._has(file)]
        if self._in_part or not packages:
            return []
        sets = {
            BY_PACKAGE[home]
            for home in ("/".join(name.split("/")[:2]) for name in packages)
            if home in BY_PACKAGE
        }
        read = all_names(sets) | {each.name for each in self._reads}
        return [
            name
            for name in self._written
            if name not in read
            and not any(map(self._has, self._wiring.mentions.get(name, frozenset())))
        ]

    def _of_other_names(self) -> Iterator[str]:
        """Names that no set has."""
        prefix = self._project.prefix
        secrets = {handler.secret for handler in self._wiring.handlers if self._has(handler.file)}
        own = [key for key in names_of("signing_secret") if key in self._written]
        first: dict[str, Read] = {}
        for each in self._reads:
            if each.sure and each.name not in self._known and not self._is_there(each.name):
                first.setdefault(each.name, each)
        others = []
        for name, each in first.items():
            near = difflib.get_close_matches(name, sorted(self._known), n=1, cutoff=_NEAR)
            if name in secrets and own:
                yield (
                    f"{each.where}: {prefix}{name} verifies the webhook's events, and the stack "
                    f"does not write it: it writes {', '.join(own)}"
                )
            elif near:
                yield (
                    f"{each.where}: {prefix}{name} is read, but no stack writes it (did you mean "
                    f"{near[0]}?)"
                )
            elif "CLERK" in name:
                others.append(f"{name} ({each.where})")
        if others:
            yield f"{prefix}the app reads {', '.join(others)}, which no stack writes"

    def _is_there(self, name: str) -> bool:
        """Whether a variable that no set has is at Vercel, for all of the stack's targets."""
        there = self._there or ()
        return all(f"{target}/{name}" in there for target in self._project.targets)

    def _has(self, file: str) -> bool:
        """Whether a file may be of this project's app."""
        if self._root is not None and _below(file, self._root):
            return True
        return not any(_below(file, other) for other in self._others)

    def _is_sure(self, read: Read) -> bool:
        """Whether what a file reads is read in this project's app, and in no other."""
        if self._root is not None:
            return _below(read.file, self._root)
        homes = [each for each in self._wiring.homes if _below(read.file, each)]
        home = max(homes, key=len, default="")
        return len(self._apps) <= 1 and home in (self._apps or [""])


def _in_browsers(wiring: Wiring) -> Iterator[Finding]:
    remedy = "Read it only on the server, and rotate it if it was ever sent to a browser"
    seen: set[tuple[str, str]] = set()
    for each in wiring.reads:
        secret = is_server_secret(_PUBLIC.sub("", each.name))
        if each.browser and secret and (each.name, each.file) not in seen:
            seen.add((each.name, each.file))
            message = f"{each.name} is a secret, and this file is sent to the browser"
            yield _finding("variable", each.name, "browser", message, remedy, each.where)


def _through(wiring: Wiring) -> Iterator[str]:
    for each in wiring.reads:
        if each.through:
            yield (
                f"{each.where}: {each.name} is a secret, and {each.through} imports this file "
                "and is sent to the browser"
            )


def _finding(
    kind: str,
    name: str,
    field: str,
    message: str,
    remedy: str,
    where: str,
    instance: bool | None = None,
) -> Finding:
    """What the app has, and the settings do not."""
    return finding_of(
        kind, name, field, message, remedy, where, app=True, catalog=False, instance=instance
    )


def _same(name: str) -> tuple[str, ...]:
    """The names of what a variable is for."""
    purpose = purpose_of(name)
    return () if purpose is None else names_of(purpose)


def _instead(name: str) -> str:
    return f" (current SDKs read {UNREAD[name]})" if name in UNREAD else ""


def _fits(handled: str, event: str) -> bool:
    """Whether an event is one that is handled, or begins or ends as those do."""
    if handled.startswith("."):
        return event.endswith(handled)
    return event.startswith(handled) if handled.endswith(".") else event == handled


def _below(path: str, folder: str) -> bool:
    return folder in ("", ".") or path == folder or path.startswith(f"{folder}/")


def _ends(steps: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a path ends as a router has it."""
    if own and own[-1] == "*":
        own = own[:-1]
        return list(steps[: len(own)]) == list(own)
    last = steps[-len(own) :]
    return len(last) == len(own) and all(
        mine == step or mine.startswith((":", "$")) for mine, step in zip(own, last, strict=True)
    )
