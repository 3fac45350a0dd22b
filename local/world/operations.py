"""Lists the emulated operations of each vendor's API, and the documented ones that are not
emulated.

    python -m local.world operations --write

writes both into docs/emulators.md. The emulated ones come from the tables of routes, the others
from the vendor's own description.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.world.clerk.backend_api import OPERATIONS as BACKEND
from local.world.clerk.frontend_api import OPERATIONS as FRONTEND
from local.world.clerk.platform import OPERATIONS as PLATFORM
from local.world.store import WorldError
from local.world.svix.routes import OPERATIONS as SVIX
from local.world.vercel.routes import OPERATIONS as VERCEL

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulators.md"
BEGIN = "<!-- Made by `python -m local.world operations --write`. -->\n"
END = "<!-- Until here. -->\n"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
VERSION = re.compile(r"\{version:[^}]*\}")
UNTAGGED = "Without a tag"


@dataclass(frozen=True)
class Operation:
    """One operation; ``id`` is its name in the vendor's description."""

    method: str
    path: str
    id: str


@dataclass(frozen=True)
class Api:
    """One API of a vendor.

    ``service`` names the listener that answers it. ``file`` is the official description, None if
    there is none; ``prefix`` is what the description's paths lack.
    """

    title: str
    service: str
    file: str | None
    prefix: str
    operations: tuple[Operation, ...]


def _named(table: Iterable[tuple[str, str, Callable[..., Any]]]) -> tuple[Operation, ...]:
    """Read a table of routes; each function's docstring begins with the id of its operation."""
    return tuple(
        Operation(method, VERSION.sub("{version}", path), _first_word(answer))
        for method, path, answer in table
    )


def _first_word(answer: Callable[..., Any]) -> str:
    return (inspect.getdoc(answer) or "").split()[0].rstrip(".,:;")


APIS = {
    "platform": Api(
        "Clerk Platform API", "clerk", "clerk-platform-beta.yml", "/v1", _named(PLATFORM)
    ),
    "backend": Api(
        "Clerk Backend API", "clerk", "clerk-backend-2026-05-12.yml", "/v1", _named(BACKEND)
    ),
    "frontend": Api(
        "Clerk Frontend API", "frontend", "clerk-frontend-2026-05-12.yml", "", _named(FRONTEND)
    ),
    "svix": Api("Svix", "svix", "svix.json", "", _named(SVIX)),
    "vercel": Api("Vercel", "vercel", None, "", _named(VERCEL)),
}


def read_description(api: Api, folder: Path) -> dict[str, Any]:
    """Read the official description of an API that has one.

    Raises:
        WorldError: it is not in the folder.
    """
    import yaml  # imported here: serving does not need it

    if api.file is None:
        raise ValueError(f"{api.title} has no description")
    file = folder / api.file
    if not file.is_file():
        raise WorldError(f"{file} is missing: set API_SPECS to the folder of the descriptions")
    document: dict[str, Any] = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    return document


def shape(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def described(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the operations of a description: method, path and operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def unanswered(api: Api, document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the documented operations that the world does not answer, by tag."""
    answered = {(each.method, shape(each.path)) for each in api.operations}
    left: dict[str, list[str]] = {}
    for method, path, operation in described(document):
        if (method, shape(api.prefix + path)) not in answered:
            tag = ", ".join(operation.get("tags", ())) or UNTAGGED
            left.setdefault(tag, []).append(operation["operationId"])
    return dict(sorted(left.items()))


def answered_table(api: Api) -> str:
    """Return the emulated operations as a table."""
    rows = [
        f"| {operation.method} | `{operation.path}` | `{operation.id}` |\n"
        for operation in api.operations
    ]
    return "".join(["| Method | Path | Operation |\n", "|---|---|---|\n", *rows])


def unanswered_list(api: Api, document: dict[str, Any]) -> str:
    """Return the missing operations as a folded list."""
    left = unanswered(api, document)
    count = sum(map(len, left.values()))
    total = sum(1 for _ in described(document))
    names = [f"- {tag}: {', '.join(f'`{each}`' for each in ids)}\n" for tag, ids in left.items()]
    head = f"Not answered: {count} of the {total} that are described"
    return "".join(
        [f"<details><summary>{head}</summary>\n\n", *names, "\n</details>\n"],
    )


def section(api: Api, folder: Path) -> str:
    """Return an API's part of the page."""
    parts = [f"### {api.title}\n", answered_table(api)]
    if api.file is not None:
        parts.append(unanswered_list(api, read_description(api, folder)))
    return "\n".join(parts)


def page_part(folder: Path) -> str:
    """Return the generated part of the page, from the descriptions in the folder.

    Raises:
        WorldError: a description is missing.
    """
    return "\n".join(section(api, folder) for api in APIS.values())


def write_page(folder: Path, page: Path = PAGE) -> None:
    """Write the generated part into the page.

    Raises:
        WorldError: a description is missing.
    """
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{page_part(folder)}\n{END}{after}")
