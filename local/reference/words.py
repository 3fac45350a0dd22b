"""Converts descriptions in the code for a page in docs/."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

DEFAULT = re.compile(r"\s*Default: ((?:[^.]|\.(?!\s|$))+)\.$")
PAGE = re.compile(r"\bdocs/([\w-]+)\.md(#[\w-]+)?")


class Undescribed(Exception):
    """A field has no description."""


@dataclass(frozen=True)
class Described:
    """A field's docstring, split into the description and the text on its default."""

    text: str
    default: str | None


@cache
def descriptions(model: type) -> dict[str, Described]:
    """Return the docstrings below a class's own fields, by the field's name.

    They are read from the source, since Python drops them. `Default: …` at the end describes a
    default in words.
    """
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node, after in pairwise(tree.body):
        match node, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(text))
            ):
                found[name] = _described(" ".join(text.split()))
    return found


def description(model: type, name: str) -> Described:
    """Return the docstring below a field of the class or of its base.

    Raises:
        Undescribed: there is none.
    """
    for part in model.__mro__:
        if name in inspect.get_annotations(part):
            found = descriptions(part).get(name)
            if found is not None:
                return found
    raise Undescribed(
        f"{model.__module__}.{model.__name__}.{name}: write a docstring below the field that says "
        "what it is"
    )


def linked(text: str) -> str:
    """Return the text with each `docs/page.md#place` as a link from a page in docs/."""
    return PAGE.sub(lambda match: f"[{match[1]}]({match[1]}.md{match[2] or ''})", text)


def escaped(text: str) -> str:
    """Return the text with `<…>` and `*` escaped for Markdown."""
    return text.replace("<", r"\<").replace("*", r"\*")


def _described(text: str) -> Described:
    match = DEFAULT.search(text)
    if match is None:
        return Described(text, None)
    return Described(text[: match.start()], match[1])
