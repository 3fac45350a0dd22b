"""Joins what the app's files say about webhooks and variables.

A file handles Clerk's events if it verifies them, or if it imports a file that does or is imported
by one. Uncertain results are marked: see `Handled` and `Read`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.facts_of_files import column_of, line_of
from clerkstack.app.imports import Imports
from clerkstack.app.jsonc import read_object
from clerkstack.app.own_tests import is_script, is_test
from clerkstack.app.reading import NotRead, Reader
from clerkstack.settings.variable_names import BY_PACKAGE, SETS, WEBHOOK_SECRET, is_server_secret

if TYPE_CHECKING:
    from clerkstack.app.modules import Modules
    from clerkstack.app.says import Says

_MOST_REACHED, _DEEPEST = 300, 6
_LISTED = re.compile(r"next\.config\.\w+$|(?:^|/)(?:src/)?(?:middleware|proxy)\.\w+$")
_REWRITES = re.compile(rb"\brewrites?\b|\bbasePath\b")
_FRAMEWORKS = frozenset(
    {
        *("next", "nuxt", "astro", "@sveltejs/kit", "@react-router/dev", "@remix-run/dev", "vite"),
        *("express", "hono", "fastify", "expo", "@nestjs/core", "@tanstack/react-start", "koa"),
        *("convex", "elysia"),
    }
)
# The output of these goes to the browser, unless the package has one of `_SERVERS`.
_BUNDLERS = frozenset({"vite", "react-scripts", "@vue/cli-service", "parcel"})
_SERVERS = (_FRAMEWORKS - {"vite"}) | {
    *("@clerk/backend", "@clerk/express", "@clerk/fastify", "@clerk/nextjs", "@vercel/node"),
    *("vike", "vinxi", "@solidjs/start", "waku", "@hono/node-server", "@trpc/server", "wrangler"),
    *("@netlify/functions", "@cloudflare/vite-plugin", "@apollo/server", "electron", "prisma"),
    *("@prisma/client", "serverless", "ws", "vite-plugin-ssr", "vite-node", "@redwoodjs/vite"),
}
_OF_SERVERS = frozenset(
    {"api", "server", "functions", "netlify", "supabase", "convex", "middleware", "edge"}
)
_NAMED = re.compile(
    r"webhook|clerk[^/]*/(?:route|\+server|index)\.\w+$|clerk(?:\.post)?\.\w+$", re.IGNORECASE
)
_MOST_NAMED = 100
_DIRECTIVE = 400  # the bytes in which the directive must begin
_ABOUT = re.compile(rb"clerk", re.IGNORECASE)


@dataclass(frozen=True)
class Handled:
    """An event that a file handles; with a dot at its end, a prefix of events. `sure`: the events
    are certainly Clerk's."""

    event: str
    file: str
    line: int
    column: int
    sure: bool = True

    @property
    def where(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Handler:
    """A file that verifies Clerk's events, and the events that it handles itself or in other files.

    `files` are the files that belong to it; `named` are events that these only name; `unresolved`
    are comparisons of a type with an unresolved value; with `all_on`, each event is passed on by
    its type. `secret` is the variable with the signing secret: `?` if unresolved, None if Clerk's
    library reads its default variable.
    """

    file: str
    line: int
    package: str
    secret: str | None
    handled: tuple[Handled, ...] = ()
    named: frozenset[str] = frozenset()
    unresolved: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    all_on: bool = False

    @property
    def where(self) -> str:
        """file:line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Read:
    """A variable that a file reads. `sure`: there is no fallback. `by` is the library that reads
    it, if any. `browser`: the file goes to the browser; `through`: a file that goes to the browser
    and imports this one."""

    name: str
    file: str
    line: int
    column: int | None = None
    sure: bool = True
    by: str = ""
    browser: bool = False
    through: str = ""

    @property
    def where(self) -> str:
        """file:line, and the column if there is one."""
        column = "" if self.column is None else f":{self.column}"
        return f"{self.file}:{self.line}{column}"


@dataclass(frozen=True)
class Wiring:
    """How the app uses webhooks and variables.

    `packages` are the imported Clerk packages, as (file, line, package); `by_hand` are files that
    pass keys to a library; `mentions` are files by the name of a variable; `names` are all code
    files; `routers` are paths that are passed to routers, as (file, line, path); `rewrites` are
    files that may rewrite paths; `homes` are the folders of packages with any of these, and `apps`
    those with a framework; `stopped` are files that take too long.
    """

    handlers: tuple[Handler, ...] = ()
    reads: tuple[Read, ...] = ()
    packages: tuple[tuple[str, int, str], ...] = ()
    by_hand: frozenset[str] = frozenset()
    mentions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    routers: tuple[tuple[str, int, str], ...] = ()
    rewrites: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()


def wiring(root: Path, names: Sequence[str], says: Mapping[str, Says], modules: Modules) -> Wiring:
    """Join the facts of files.

    Args:
        root: the app's checkout, resolved.
        names: all code files.
        says: the facts of `says`, by path.
        modules: the app's modules.
    """
    deployed = {name: each for name, each in says.items() if _is_deployed(name, root)}
    joining = _Joining(root, deployed, modules)
    needed = _needed(root, deployed)
    homes = {folder: bool(each & _FRAMEWORKS) for folder, each in needed.items()}
    browsers = {
        folder
        for folder, each in needed.items()
        if each & _BUNDLERS and not each & _SERVERS and not _has_server(folder, names)
    }
    mentions: dict[str, set[str]] = {}
    for file, each in deployed.items():
        for name in each.get("mentions", ()):
            mentions.setdefault(name, set()).add(file)
    return Wiring(
        handlers=tuple(joining.handlers(names)),
        reads=tuple(joining.reads(names, homes, browsers)),
        packages=tuple(
            (file, line, package)
            for file, each in deployed.items()
            for package, line in each.get("packages", ())
        ),
        by_hand=frozenset(file for file, each in deployed.items() if each.get("keys")),
        mentions={name: frozenset(files) for name, files in mentions.items()},
        names=tuple(names),
        routers=tuple(
            (file, line, path)
            for file, each in deployed.items()
            for path, line in each.get("routes", ())
        ),
        rewrites=tuple(_rewrites(root, names)),
        homes=tuple(sorted(homes)),
        apps=tuple(sorted(folder for folder, is_app in homes.items() if is_app)),
        stopped=tuple(file for file, each in deployed.items() if each.get("stopped")),
    )


def _is_deployed(name: str, root: Path) -> bool:
    return not is_test(name, root) and not is_script(name, root)


class _Joining:
    def __init__(self, root: Path, says: Mapping[str, Says], modules: Modules) -> None:
        self._root = root
        self._says = says
        self._modules = modules
        self._reader = Reader(root)
        self._imports = Imports(root, modules)
        self._of_file: dict[str, list[str]] = {}

    # Events.

    def handlers(self, names: Sequence[str]) -> Iterator[Handler]:
        """Yield every file that verifies events, with the events that belong to it."""
        verifying = [file for file, each in self._says.items() if self._verifies(file, each)]
        reached = {file: self._reached(file) for file in verifying}
        above = {
            file: self._reached(file)
            for file, each in self._says.items()
            if verifying and file not in verifying and (each.get("events") or each.get("compared"))
        }
        # The file of the route often only calls the one that verifies.
        answering = [
            name
            for name in (names if verifying else ())
            if _NAMED.search(name) or "routes" in self._says.get(name, ())
        ]
        for name in answering[:_MOST_NAMED]:
            if name not in verifying and _is_deployed(name, self._root):
                above[name] = self._reached(name)
        found = []
        for file in verifying:
            mine = set(reached[file])
            for other, below in above.items():
                if other not in mine and file in below:
                    mine |= below
            found.append(self._handler(file, mine))
        yield from self._with_sent(found)

    def _with_sent(self, handlers: list[Handler]) -> list[Handler]:
        """Add the events that a queue passes on: `clerk/user.created` of Inngest."""
        sent = [
            (file, event, place)
            for file, said in self._says.items()
            for event, place in said.get("sent", ())
        ]
        if sent and not handlers:
            file, _, place = sent[0]
            handlers = [Handler(file, line_of(place), "inngest", None, files=frozenset({file}))]
        sending = [handler for handler in handlers if handler.all_on] or handlers[:1]
        return [
            self._sends(handler, sent) if handler in sending else handler for handler in handlers
        ]

    def _sends(self, handler: Handler, sent: Iterable[tuple[str, str, int]]) -> Handler:
        more = (
            Handled(event, file, line_of(at), column_of(at), handler.all_on)
            for file, event, at in sent
        )
        return replace(handler, handled=(*handler.handled, *more))

    def _verifies(self, file: str, says: Says) -> bool:
        return any(
            package.startswith("@clerk/") or says.get("clerk") or "clerk" in file.lower()
            for package, _, _ in says.get("verifies", ())
        )

    def _handler(self, file: str, files: set[str]) -> Handler:
        package, place, secret = self._says[file]["verifies"][0]
        handled: list[Handled] = []
        named: set[str] = set()
        unresolved: list[str] = []
        for each in sorted(files, key=lambda it: (it != file, it)):
            said = self._says.get(each, {})
            sure = each == file or bool(
                _ABOUT.search(each.encode() + self._imports.text(self._root / each))
            )
            found = [(event, place) for event, place in said.get("events", ())]
            for name, at in said.get("compared", ()):
                event = self._constant(each, name)
                if event is not None:
                    found.append((event, at))
                elif sure:
                    where = f"{each}:{line_of(at)}:{column_of(at)}"
                    unresolved.append(f"{where}: {name} is compared with the type of an event")
            named |= set(said.get("named", ()))
            handled += [
                Handled(event, each, line_of(at), column_of(at), sure) for event, at in found
            ]
        all_on = any(self._says.get(each, {}).get("all_on") for each in files)
        return Handler(
            file,
            line_of(place),
            package,
            secret,
            tuple(handled),
            frozenset(named),
            tuple(unresolved),
            frozenset(files),
            all_on,
        )

    def _constant(self, file: str, name: str) -> str | None:
        """Return the event in a constant of another file."""
        base, dot, key = name.partition(".")
        source, there = self._says[file].get("brings", {}).get(base, (None, ""))
        if source is None:
            return None
        at = self._within(self._modules.file_of((self._root / file).parent, source))
        constants = {} if at is None else self._says.get(at, {}).get("constants", {})
        return constants.get(key if there == "*" else there + dot + key)

    # Imports.

    def _reached(self, file: str) -> set[str]:
        """Return a file and all files that it imports, directly or indirectly."""
        pending, seen = [(file, 0)], {file}
        while pending and len(seen) < _MOST_REACHED:
            at, depth = pending.pop(0)
            for each in self._of(at) if depth < _DEEPEST else ():
                if each not in seen:
                    seen.add(each)
                    pending.append((each, depth + 1))
        return seen

    def _of(self, file: str) -> list[str]:
        if file not in self._of_file:
            found = (self._within(at) for _, at in self._imports.of(self._root / file, types=False))
            self._of_file[file] = [name for name in dict.fromkeys(found) if name is not None]
        return self._of_file[file]

    def _within(self, at: Path | None) -> str | None:
        """A file by its path within the root."""
        if at is None or not at.is_relative_to(self._root):
            return None
        return at.relative_to(self._root).as_posix()

    # Variables.

    def reads(
        self, names: Sequence[str], homes: Iterable[str], browsers: Collection[str]
    ) -> Iterator[Read]:
        """Yield every variable that is read, in the order of files."""
        through = self._through(names)
        for file, said in self._says.items():
            side = said.get("side")
            browser = side == "use client" and not file.endswith(".server.vue")
            browser = browser or (side is None and _is_bundled(file, homes, browsers))
            for name, place, sure in said.get("reads", ()):
                at = through.get(file, "") if sure and is_server_secret(name) else ""
                yield Read(name, file, line_of(place), column_of(place), sure, "", browser, at)
        for file, said in self._says.items():
            for package, place, secret in said.get("verifies", ()):
                if secret is None:
                    of = BY_PACKAGE.get("/".join(package.split("/")[:2]))
                    name = WEBHOOK_SECRET if of is None else SETS[of].signing_secret
                    by = f"verifyWebhook of {package}"
                    yield Read(name, file, line_of(place), column_of(place), by=by)
                elif (
                    secret != "?"
                    and self._verifies(file, said)
                    and not any(name == secret and sure for name, _, sure in said.get("reads", ()))
                ):
                    yield Read(secret, file, line_of(place), column_of(place))

    def _through(self, names: Sequence[str]) -> dict[str, str]:
        """Return, by file that reads a secret, a file that goes to the browser and imports it."""
        stems = {
            file: Path(file).stem if Path(file).stem != "index" else Path(file).parent.name
            for file, said in self._says.items()
            if "side" not in said
            and any(sure and is_server_secret(name) for name, _, sure in said.get("reads", ()))
            # `createEnv` keeps server variables from the browser.
            and b"createEnv" not in self._imports.text(self._root / file)
        }
        found: dict[str, str] = {}
        for name in names if stems else ():
            self._modules.allowance.look(self._root / name)
            try:
                text = self._reader.read(name)
            except NotRead:
                continue
            if b"use client" not in text[:_DIRECTIVE]:
                continue
            for file, stem in stems.items():
                if file not in found and stem.encode() in text and file in self._of(name):
                    found[file] = name
        return found


def _rewrites(root: Path, names: Iterable[str]) -> Iterator[str]:
    reader = Reader(root)
    for name in names:
        if _LISTED.search(name):
            try:
                if _REWRITES.search(reader.read(name)):
                    yield name
            except NotRead:
                continue


def _has_server(folder: str, names: Iterable[str]) -> bool:
    """Whether a package has server code: `api/` of Vercel, `server.ts`."""
    begin = f"{folder}/" if folder else ""
    return any(
        Path(name.removeprefix(begin).partition("/")[0]).stem in _OF_SERVERS
        for name in names
        if name.startswith(begin)
    )


def _is_bundled(file: str, homes: Iterable[str], browsers: Collection[str]) -> bool:
    """Whether a file goes into a bundle for the browser only."""
    inside = [each for each in homes if not each or file.startswith(f"{each}/")]
    home = max(inside, key=len, default=None)
    below = file.removeprefix(f"{home}/") if home else file
    return home in browsers and "/" in below and ".config." not in below


def _needed(root: Path, names: Iterable[str]) -> dict[str, set[str]]:
    """Return the package folders of these files, with the dependencies of each."""
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for name in names:
        folder = name
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in seen:
                break  # its parents were seen then
            seen.add(folder)
            at = os.path.join(root, folder, "package.json")  # noqa: PTH118 (for each file)
            if not os.path.isfile(at):  # noqa: PTH113
                continue
            manifest = read_object(Path(at), root)
            parts = [manifest.get(each) for each in ("dependencies", "devDependencies")]
            found[folder] = {key for part in parts if isinstance(part, dict) for key in part}
            break
    return found
