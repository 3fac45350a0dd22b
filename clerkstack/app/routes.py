"""Finds the files of an app that answer a path, by the conventions of its framework.

| Framework | Files |
|---|---|
| Next.js, app router | `app/**/route.ts`, with groups `(x)`, `[x]`, `[...x]`, `[[...x]]` |
| Next.js, pages router; Astro | `pages/**`, `index`, `[x]`, `[...x]` |
| SvelteKit | `routes/**/+server.ts` |
| Remix, React Router, TanStack Start | `routes/**`, with dots, `$x`, `$`, `_x` |
| Nuxt | `server/api/**`, `server/routes/**`, with `.post` |
| Vercel's own | `api/**` at the top |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_CODE = r"\.(?:ts|tsx|mts|js|jsx|mjs|cjs)$"
_NEXT_APP = re.compile(rf"(?:^|/)app/(?P<path>(?:.*/)?)route{_CODE}")
_PAGES = re.compile(rf"(?:^|/)pages/(?P<path>.+?){_CODE}")
_SVELTE = re.compile(r"(?:^|/)routes/(?P<path>(?:.*/)?)\+server\.(?:ts|js)$")
_FLAT = re.compile(rf"(?:^|/)routes/(?P<path>[^+]+?){_CODE}")
_NUXT = re.compile(r"(?:^|/)server/(?P<kind>api|routes)/(?P<path>.+?)(?:\.post)?\.(?:ts|js|mjs)$")
_VERCEL = re.compile(rf"^api/(?P<path>.+?){_CODE}")
_BRACKETS = re.compile(r"\[(\[)?(\.\.\.)?[\w-]+(?:=\w+)?\]?\]")
_ANY, _SOME, _ONE = r"(?:/[^/]+)*", r"(?:/[^/]+)+", r"/[^/]+"


def answering(path: str, names: Iterable[str]) -> list[str]:
    """Return the files that answer a path, most specific first.

    Args:
        path: the path of a URL, beginning with `/`.
        names: file paths within the app's folder.
    """
    path = "/" + path.strip("/")
    last = path.rpartition("/")[2]
    found: list[tuple[int, str]] = []
    for name in names:
        if "/" not in name or not (last in name or "[" in name or "$" in name):
            continue
        for pattern in _patterns(name):
            if re.fullmatch(pattern, path):
                found.append((pattern.count("[^/]"), name))
                break
    return [name for _, name in sorted(found)]


def _patterns(name: str) -> Iterator[str]:
    """Yield regular expressions for the paths that a file may answer."""
    if found := _NEXT_APP.search(name):
        yield _brackets(found["path"].split("/"))
    if found := _PAGES.search(name):
        yield _brackets(found["path"].split("/"))
    if found := _SVELTE.search(name):
        yield _brackets(found["path"].split("/"))
    if found := _NUXT.search(name):
        before = ["api"] if found["kind"] == "api" else []
        yield _brackets([*before, *found["path"].split("/")])
    if found := _VERCEL.search(name):
        yield _brackets(["api", *found["path"].split("/")])
    if found := _FLAT.search(name):
        yield _flat(found["path"])


def _brackets(steps: Iterable[str]) -> str:
    pattern = ""
    for step in steps:
        if not step or step == "index" or step.startswith(("(", "@")):
            continue
        found = _BRACKETS.fullmatch(step)
        if found is None:
            pattern += "/" + re.escape(step)
        elif found.group(2):
            pattern += _ANY if found.group(1) or step.startswith("[[") else _SOME
        else:
            pattern += f"(?:{_ONE})?" if found.group(1) else _ONE
    return pattern or "/"


def _flat(path: str) -> str:
    pattern = ""
    for step in re.split(r"[/.](?![^\[]*\])", path):
        step = step.replace("[.]", ".")
        if step in ("", "index", "route", "_index") or step.startswith(("_", "(")):
            continue
        if step == "$":
            pattern += _ANY
        elif step.startswith("$"):
            pattern += _ONE
        else:
            pattern += "/" + re.escape(step.rstrip("_"))
    return pattern or "/"
