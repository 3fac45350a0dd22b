"""Compares the webhook events and variables that the app's code uses with those that a stack's
settings declare. Pure.

A finding is certain: the app handles an event that it does not get, or reads a variable that
nothing writes, or a file for the browser has a secret. Everything else is a note.
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
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project

_NEAR = 0.95
# Prefixes by which a bundler puts a variable into code for browsers.
_PUBLIC = re.compile("^(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|GATSBY)_")
_SERVER = ("server", "webhooks")


@dataclass(frozen=True)
class LiveWiring:
    """What is live. `events` are those that the stack's endpoint gets, empty if it gets all; None
    if there is no endpoint. `variables` are target/KEY by a project's id."""

    events: frozenset[str] | None = None
    variables: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings, live: LiveInstance) -> LiveWiring:
        """Read the endpoint's events and Vercel's variables, as far as the stack declares them.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
            ResourceFailed: a key is missing.
        """
        use = settings.components
        endpoint = live.endpoint(settings.webhook_url) if use.webhook else None
        projects = settings.vercel_projects if use.environment else ()
        live_variables = {
            project.project_id: live.variables(project, decrypt=False) for project in projects
        }
        return cls.of(endpoint, live_variables)

    @classmethod
    def of(
        cls, endpoint: Endpoint | None, variables: Mapping[str, Iterable[EnvironmentVariable]]
    ) -> LiveWiring:
        """From the stack's endpoint, and the variables of each project by its id."""
        events = None if endpoint is None else frozenset(endpoint.event_types or ())
        names = {
            project: frozenset(
                f"{target}/{variable.key}"
                for variable in of_project
                if not variable.git_branch
                for target in variable.target
            )
            for project, of_project in variables.items()
        }
        return cls(events, names)

    def gets(self, event: str) -> bool:
        """Whether the endpoint gets an event, given by its name or by a pattern."""
        if self.events is None:
            return False
        return not self.events or any(_fits(event, live_event) for live_event in self.events)


@dataclass(frozen=True)
class EventRow:
    """An event: whether the app handles it, whether the settings subscribe to it, and whether the
    instance's endpoint gets it (None if not read)."""

    event: str
    app: bool
    declared: bool
    instance: bool | None = None
    where: str | None = None


@dataclass(frozen=True)
class VariableRow:
    """A variable of one project: whether its app reads it, for which targets the stack writes it,
    and which of the stack's targets have it at Vercel (None if not read)."""

    name: str
    project: str
    app: bool
    targets: tuple[str, ...]
    instance: tuple[str, ...] | None = None
    where: str | None = None


@dataclass(frozen=True)
class Wired:
    """Everything that was compared, and the findings."""

    events: tuple[EventRow, ...] = ()
    variables: tuple[VariableRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def wired(settings: Settings, wiring: Wiring | None, live: LiveWiring | None = None) -> Wired:
    """Compare the app's code with the settings of a stack; empty if no code was read.

    Args:
        settings: the stack's settings.
        wiring: what the app's code does.
        live: what is live, including variables that others wrote; None if it was not read.
    """
    if wiring is None:
        return Wired()
    findings: list[Finding] = []
    notes: list[str] = []
    events: list[EventRow] = []
    rows: list[VariableRow] = []
    if settings.components.webhook:
        of_events = _OfEvents(settings, wiring, live)
        findings += of_events.findings()
        notes += of_events.notes()
        events += of_events.rows()
    if settings.components.environment:
        for project in settings.vercel_projects:
            of_project = _OfProject(settings, project, wiring, live)
            findings += of_project.findings()
            notes += of_project.notes()
            rows += of_project.rows()
    findings += _in_browsers(wiring)
    notes += _through(wiring)
    notes += [
        f"{file}: takes too long to search for events and variables" for file in wiring.stopped
    ]
    return Wired(tuple(events), tuple(rows), tuple(findings), tuple(dict.fromkeys(notes)))


class _OfEvents:
    """Compares the events that the app handles with those that the webhook gets."""

    def __init__(self, settings: Settings, wiring: Wiring, live: LiveWiring | None) -> None:
        self._settings = settings
        self._wiring = wiring
        self._live = live
        self._declared = dict.fromkeys(settings.webhook.events)
        self._path = urlsplit(settings.webhook_url).path or "/"
        self._routes = self._answering()
        at_route = [
            handler
            for handler in wiring.handlers
            if any(file in handler.files for file in self._routes)
        ]
        is_only = len(wiring.handlers) == 1 and not self._is_elsewhere()
        self._is_sure = bool(at_route) or is_only
        self._handlers = at_route or list(wiring.handlers)
        self._handled = [handled for handler in self._handlers for handled in handler.handled]

    def findings(self) -> Iterator[Finding]:
        """Events that are handled but never sent."""
        remedy = "Add it to clerkstack:webhook.events, or remove it from the app"
        for handled in self._lost():
            if self._is_sure and handled.sure:
                gets = None if self._live is None else self._live.gets(handled.event)
                message = f"{self._never(handled)}, so that code never runs"
                if gets:
                    message = f"{self._never(handled)} after the next update; today it does"
                yield _finding(
                    "event", handled.event, "handled", message, remedy, handled.where, gets
                )

    def notes(self) -> Iterator[str]:
        """Uncertain cases, and events that are sent but not handled."""
        for handled in self._lost():
            if not self._is_sure:
                yield f"{handled.where}: {self._never(handled)}, if the webhook leads there"
            elif not handled.sure:
                yield f"{handled.where}: {self._never(handled)}, if it is an event of Clerk's"
        yield from (place for handler in self._handlers for place in handler.unresolved)
        yield from self._only_named()
        unhandled = self._unhandled()
        if unhandled:
            names = ", ".join(unhandled)
            yield f"the webhook gets {names}, which nothing in the app handles"
        yield from self._of_route()

    def _only_named(self) -> Iterator[str]:
        """Events that a handler names in a form that is not understood, and that are not sent."""
        for handler in self._handlers:
            names = [
                event
                for event in sorted(handler.named & frozenset(KNOWN_EVENTS))
                if event not in self._declared
                and not any(_fits(handled.event, event) for handled in self._handled)
            ]
            if names:
                yield (
                    f"{handler.where}: this file handles events and names {', '.join(names)}, "
                    "which the webhook does not get; whether it handles that is unresolved"
                )

    def rows(self) -> Iterator[EventRow]:
        """Every event that the app or the settings have."""
        first: dict[str, str] = {}
        for handler in self._handled:
            if handler.sure:
                first.setdefault(handler.event, handler.where)
        handled = {event: where for event, where in first.items() if event.strip(".") == event}
        for event in dict.fromkeys([*self._declared, *handled]):
            beginning = next((name for name in first if _fits(name, event)), None)
            where = None if beginning is None else first[beginning]
            gets = None if self._live is None else self._live.gets(event)
            yield EventRow(event, beginning is not None, event in self._declared, gets, where)

    def _lost(self) -> Iterator[Handled]:
        """Events that are handled but not sent, each once."""
        seen: set[str] = set()
        for handled in sorted(self._handled, key=lambda it: not it.sure):
            comes = any(_fits(handled.event, event) for event in self._declared)
            if not comes and handled.event not in seen:
                seen.add(handled.event)
                yield handled

    def _never(self, handled: Handled) -> str:
        if handled.event.strip(".") != handled.event:
            part = "begins" if handled.event.endswith(".") else "ends"
            return (
                f"the app handles every event that {part} with '{handled.event}', but the webhook "
                "gets none"
            )
        near = meant_event(handled.event)
        meant = "" if near is None else f" (did you mean '{near}'?)"
        return f"the app handles '{handled.event}', but the webhook does not get it{meant}"

    def _unhandled(self) -> list[str]:
        if self._settings.app.scan or not self._handled:
            return []
        if any(handler.unresolved or handler.all_on for handler in self._handlers):
            return []
        named = frozenset().union(*(handler.named for handler in self._handlers))
        return [
            event
            for event in self._declared
            if event not in named
            and not any(_fits(handled.event, event) for handled in self._handled)
        ]

    # The route of the webhook.

    def _of_route(self) -> Iterator[str]:
        # If only some folders are read, it may be in another.
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
        folders = [project.root_directory for project in self._projects() if project.root_directory]
        below = folders[0].strip("/") + "/" if folders else ""
        names = [name.removeprefix(below) for name in self._wiring.names if name.startswith(below)]
        files = [below + name for name in answering(self._path, names)][:1]
        steps = self._path.strip("/").split("/")
        for file, _, path in self._wiring.routers:
            own = path.strip("/").split("/")
            if path.strip("/*") and file.startswith(below) and _ends(steps, own):
                files.append(file)
        return files

    def _projects(self) -> list[Project]:
        """The projects that the webhook may belong to."""
        projects = list(self._settings.vercel_projects)
        host = urlsplit(self._settings.webhook_url).hostname
        return [one for one in projects if urlsplit(one.app_url).hostname == host]

    def _is_elsewhere(self) -> bool:
        return self._settings.webhook.url is not None and not self._projects()


class _OfProject:
    """Compares the variables that the app of one project reads with those that the stack writes."""

    def __init__(
        self, settings: Settings, project: Project, wiring: Wiring, live: LiveWiring | None
    ) -> None:
        self._project = project
        self._there = None if live is None else live.variables.get(project.project_id, frozenset())
        self._wiring = wiring
        webhook = settings.components.webhook
        declared = variables(project, Keys("", "", "" if webhook else None))
        self._written: dict[str, list[str]] = {}
        for variable in declared:
            self._written.setdefault(variable.key, []).append(variable.target)
        # Somebody else may write the app's own address, under another name.
        self._known = {name for name in all_names() if "CLERK" in name} | {*self._written}
        self._in_part = bool(settings.app.scan)
        self._skipped = () if webhook else names_of("signing_secret")
        others = [other.root_directory for other in settings.vercel_projects if other != project]
        self._others = [other.strip("/") for other in others if other]
        root = project.root_directory
        self._root = None if root is None else root.strip("/")
        if self._root is not None:
            self._others += [app for app in wiring.apps if not _below(app, self._root)]
        self._apps = [e for e in wiring.apps if not any(_below(e, at) for at in self._others)]
        self._reads = [read for read in [*wiring.reads, *self._implied()] if self._has(read.file)]

    def findings(self) -> Iterator[Finding]:
        """Variables that are read but not written."""
        for name, missing, reads in self._missing():
            read = reads[0]
            if not (read.sure and self._is_sure(read)):
                continue
            other = [key for key in _same(name) if key in self._written]
            instead = f" (it writes {', '.join(other)})" if other else ""
            by = f"uses {read.by}, which reads" if read.by else "reads"
            message = (
                f"{self._project.prefix}the app {by} {name}, but the "
                f"stack does not write it for {' and '.join(missing)}{instead}"
            )
            remedy = self._remedy(name, missing)
            yield _finding("variable", name, "read", message, remedy, read.where)

    def notes(self) -> Iterator[str]:
        """Uncertain reads, and variables that are written but not read."""
        prefix = self._project.prefix
        for name, missing, reads in self._missing():
            read = reads[0]
            if read.sure and self._is_sure(read):
                continue
            written = any(key in self._written for key in _same(name))
            if read.column is None or (written and not read.sure):
                continue
            why = (
                "a default may replace it"
                if not read.sure
                else (
                    "whether this project's app reads it is unresolved (set rootDirectory to the "
                    "app's folder)"
                )
            )
            targets = " and ".join(missing)
            yield (
                f"{read.where}: {prefix}{name} is read, but the stack does not write it for "
                f"{targets}: {why}"
            )
        yield from self._of_other_names()
        unread = self._unread()
        if unread:
            some = ", ".join(f"{name}{_instead(name)}" for name in unread)
            yield f"{prefix}the stack writes {some}, which nothing in the app reads"

    def rows(self) -> Iterator[VariableRow]:
        """Every variable that is written, or that is read and has a name of Clerk's."""
        first: dict[str, str] = {}
        for read in self._reads:
            first.setdefault(read.name, read.where)
        names = dict.fromkeys([*self._written, *(name for name in first if name in self._known)])
        unread = self._unread()
        for name in names:
            targets = tuple(self._written.get(name, ()))
            app = name in first or name not in unread
            live_targets = None
            if self._there is not None:
                all_targets = self._project.targets
                live_targets = tuple(
                    read for read in all_targets if f"{read}/{name}" in self._there
                )
            yield VariableRow(name, self._project.name, app, targets, live_targets, first.get(name))

    def _missing(self) -> Iterator[tuple[str, list[str], list[Read]]]:
        """Variables that are read but not written: the targets, and the reads, the surest first."""
        reads: dict[str, list[Read]] = {}
        for read in self._reads:
            if read.name in self._known and read.name not in self._skipped:
                reads.setdefault(read.name, []).append(read)
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
        sets = [name_set for name_set in SETS if name in all_names([name_set])]
        path = ".".join(map(str, self._project.path))
        alone = ", ".join(f"{target}/{name}" for target in missing)
        return (
            f"Add {' or '.join(sets)} to clerkstack:{path}.names, correct it in the app, or, if "
            f"somebody else sets it, add {alone} to leaveAlone"
        )

    def _implied(self) -> Iterator[Read]:
        """What packages read themselves."""
        if self._wiring.by_hand:
            return
        for file, line, package in self._wiring.packages:
            home, _, part = package.removeprefix("@clerk/").partition("/")
            of = BY_PACKAGE.get(f"@clerk/{home}")
            if of is None or not line:
                continue
            if not any(other in self._written for other in OTHERWISE.get(of, ())):
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
        read = all_names(sets) | {read.name for read in self._reads}
        return [
            name
            for name in self._written
            if name not in read
            and not any(map(self._has, self._wiring.mentions.get(name, frozenset())))
        ]

    def _of_other_names(self) -> Iterator[str]:
        """Notes on names that no set has."""
        prefix = self._project.prefix
        secrets = {handler.secret for handler in self._wiring.handlers if self._has(handler.file)}
        own = [key for key in names_of("signing_secret") if key in self._written]
        first: dict[str, Read] = {}
        for read in self._reads:
            if read.sure and read.name not in self._known and not self._is_there(read.name):
                first.setdefault(read.name, read)
        others = []
        for name, read in first.items():
            near = difflib.get_close_matches(name, sorted(self._known), n=1, cutoff=_NEAR)
            if name in secrets and own:
                yield (
                    f"{read.where}: {prefix}{name} verifies the webhook's events, but the stack "
                    f"does not write it: it writes {', '.join(own)}"
                )
            elif near:
                yield (
                    f"{read.where}: {prefix}{name} is read, but no stack writes it (did you mean "
                    f"{near[0]}?)"
                )
            elif "CLERK" in name:
                others.append(f"{name} ({read.where})")
        if others:
            yield f"{prefix}the app reads {', '.join(others)}, which no stack writes"

    def _is_there(self, name: str) -> bool:
        """Whether Vercel has a variable, which is in no set, for all of the stack's targets."""
        live = self._there or ()
        return all(f"{target}/{name}" in live for target in self._project.targets)

    def _has(self, file: str) -> bool:
        """Whether a file may belong to this project's app."""
        if self._root is not None and _below(file, self._root):
            return True
        return not any(_below(file, other) for other in self._others)

    def _is_sure(self, read: Read) -> bool:
        """Whether a read certainly happens in this project's app, and in no other."""
        if self._root is not None:
            return _below(read.file, self._root)
        homes = [home for home in self._wiring.homes if _below(read.file, home)]
        home = max(homes, key=len, default="")
        return len(self._apps) <= 1 and home in (self._apps or [""])


def _in_browsers(wiring: Wiring) -> Iterator[Finding]:
    remedy = "Read it only on the server, and rotate it if it was ever sent to a browser"
    seen: set[tuple[str, str]] = set()
    for read in wiring.reads:
        secret = is_server_secret(_PUBLIC.sub("", read.name))
        if read.browser and secret and (read.name, read.file) not in seen:
            seen.add((read.name, read.file))
            message = f"{read.name} is a secret, and this file is sent to the browser"
            yield _finding("variable", read.name, "browser", message, remedy, read.where)


def _through(wiring: Wiring) -> Iterator[str]:
    for read in wiring.reads:
        if read.through:
            yield (
                f"{read.where}: {read.name} is a secret, and {read.through} imports this file "
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
    """A finding about something that the app has and the settings lack."""
    return finding_of(
        kind, name, field, message, remedy, where, app=True, catalog=False, instance=instance
    )


def _same(name: str) -> tuple[str, ...]:
    """All names of a variable's purpose."""
    purpose = purpose_of(name)
    return () if purpose is None else names_of(purpose)


def _instead(name: str) -> str:
    return f" (current SDKs read {UNREAD[name]})" if name in UNREAD else ""


def _fits(handled: str, event: str) -> bool:
    """Whether an event matches a handled one, by name or by a pattern for its start or end."""
    if handled.startswith("."):
        return event.endswith(handled)
    return event.startswith(handled) if handled.endswith(".") else event == handled


def _below(path: str, folder: str) -> bool:
    return folder in ("", ".") or path == folder or path.startswith(f"{folder}/")


def _ends(steps: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a path ends with the steps that a router has."""
    if own and own[-1] == "*":
        own = own[:-1]
        return list(steps[: len(own)]) == list(own)
    last = steps[-len(own) :]
    return len(last) == len(own) and all(
        mine == step or mine.startswith((":", "$")) for mine, step in zip(own, last, strict=True)
    )
