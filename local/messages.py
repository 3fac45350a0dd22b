"""Every message and every help text of the product, for a person to read.

    make messages
    make messages ARGS=clerkstack/rotation

Each message has its file, its line and its use: the error that is raised, the function that is
called, or the variable that it is assigned to. The sources are parsed, not imported.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PRODUCT = ("clerkstack", "components", "policies")
WORD = re.compile(r"[^\W\d_]{2}")
NO_PROSE = {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
OPTIONS = ("typer.Option", "typer.Argument")


@dataclass(frozen=True)
class Message:
    """A text, its place, and its use."""

    line: int
    taken_by: str
    text: str


def messages(source: str) -> list[Message]:
    """Return the messages of a module, in order."""
    return sorted(dict.fromkeys(_of(ast.parse(source), "")), key=lambda each: each.line)


def _of(node: ast.AST, taken_by: str) -> Iterator[Message]:
    match node:
        case (ast.Constant(value=str()) | ast.JoinedStr()) as whole:
            text = _text(whole)
            if _is_prose(whole):
                yield Message(whole.lineno, taken_by, " ".join(text.split()))
            return
        case ast.Expr(value=ast.Constant()) | ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return  # a docstring, a type
        case ast.Call(func=func) if _name(func) in NO_PROSE:
            return
        case ast.Raise(exc=ast.Call(func=func)):
            taken_by = f"raise {_name(func)}"
        case ast.Call(func=func) if not taken_by.startswith("raise"):
            taken_by = _name(func)
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            taken_by = ast.unparse(target)
        case ast.FunctionDef() | ast.ClassDef():
            if isinstance(node, ast.FunctionDef) and _is_command(node):
                doc = " ".join((ast.get_docstring(node) or "").split())
                yield Message(node.body[0].lineno, f"help of {node.name}", doc)
            taken_by = node.name
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") and not _has_options(value):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST):
                yield from _of(inner, taken_by)


def _text(node: ast.AST) -> str:
    """Return a string's text, with embedded expressions in braces."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case _:
            return ""


def _is_prose(node: ast.AST) -> bool:
    """Whether a string has two or more words; an embedded expression counts as a word."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    words = "".join(_text(part) if isinstance(part, ast.Constant) else "{}" for part in parts)
    found = [word for word in words.split() if word.startswith("{}") or WORD.search(word)]
    return len(found) > 1 and WORD.search(words) is not None


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else ast.unparse(func)


def _has_options(node: object) -> bool:
    return isinstance(node, ast.AST) and any(word in ast.unparse(node) for word in OPTIONS)


def _is_command(node: ast.FunctionDef) -> bool:
    return any(_has_options(each.annotation) for each in node.args.args + node.args.kwonlyargs)


def main(wanted: list[str]) -> int:
    """List the messages of the product, or of the named folders and files."""
    count = 0
    for folder in wanted or PRODUCT:
        at = TOP / folder
        for file in sorted(at.rglob("*.py")) if at.is_dir() else [at]:
            for message in messages(file.read_text()):
                count += 1
                place = f"{file.relative_to(TOP)}:{message.line}"
                print(f"{place}: {message.taken_by}: {message.text}")
    print(f"{count} messages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
