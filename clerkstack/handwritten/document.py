"""Reads a hand-written file into models; raises all its problems at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from clerkstack.handwritten.fields import KNOWN, WRONG, did_you_mean
from clerkstack.handwritten.models import NotSetError, Step, path_of, validated
from clerkstack.handwritten.values import FIELDS_OUT, REPORTED, Value, read_document
from clerkstack.problems import InputError, Problem

Model = TypeVar("Model", bound=BaseModel)
Broken = tuple[str, str, str]
"""A problem that a rule finds: field, message, remedy."""


class Document:
    """One file, with the problems found in it so far.

    Args:
        name: what messages call the file.
        unknown: what is wrong with a field that no model has.
    """

    def __init__(self, name: str, *, unknown: str = "is not a known field") -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._unknown = unknown

    def report(self, line: int | None, path: str, message: str, remedy: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.name, line, path, message, remedy))

    def done(self) -> None:
        """Raise InputError if there are problems."""
        if self.problems:
            raise InputError(sorted(self.problems, key=lambda problem: problem.line or 0))

    def read(
        self,
        file: Path,
        *,
        empty: str | None = None,
        missing: str | None = None,
        merged: str = FIELDS_OUT,
    ) -> Value | None:
        """The outermost value; None if there is none.

        Args:
            file: where it is.
            empty: the remedy for an empty file; None: it may be empty.
            missing: the remedy for a file that does not exist; None: it need not exist.
            merged: the remedy for `<<`.
        """
        return read_document(file, self.report, needed=empty, no_file=missing, merged=merged)

    def group(self, value: Value | None, path: str, remedy: str) -> Iterator[tuple[str, Value]]:
        """The entries of a group; none if it is empty."""
        if value is None or value.value in (None, REPORTED):
            return
        if not isinstance(value.value, dict):
            self.report(value.line, path, "is not a group of fields", remedy)
            return
        for key, below in value.value.items():
            yield key, replace(below, line=value.line_of(key))

    def groups(
        self, value: Value | None, path: str, known: Sequence[str]
    ) -> Iterator[tuple[str, Value]]:
        """The entries of a group that have a known name and are not empty; reports the others."""
        for key, below in self.group(value, path, f"Use {', '.join(known)}"):
            if key not in known:
                self.unknown(path, key, below.line, known)
            elif below.value is not None:
                yield key, below

    def entry(
        self,
        model: type[Model],
        value: Value,
        path: str,
        *,
        fields: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        own: Mapping[str, str] | None = None,
    ) -> Model:
        """A value as a model; if it is wrong, the valid part of it.

        Args:
            model: what it must be.
            value: as it is in the file.
            path: where it is.
            fields: what is validated, if that is not all of the value.
            context: for the model's validators.
            own: remedies for particular missing fields, by name.
        """
        if fields is None:
            plain = value.plain()
            fields = plain if isinstance(plain, dict) else {}
        entry, errors = validated(model, fields, context)
        if value.value is REPORTED:
            return entry
        inside = value.value if isinstance(value.value, dict) else {}
        given = fields.keys() - inside.keys()
        if not isinstance(value.value, dict):
            names = ", ".join(_names_in(model, given))
            self.report(value.line, path, "is not a group of fields", f"Use {names}")
            return entry
        for error in errors:
            self._wrong(error, path, value, (model, given), own or {})
        return entry

    def unknown(self, path: str, name: str, line: int, known: Sequence[str]) -> None:
        """Report a field that no model has."""
        remedy = did_you_mean(name, known) or f"Use {', '.join(known)}"
        self.report(line, _joined(path, [name]), self._unknown, remedy)

    def judge(self, value: Value, path: str, broken: Iterator[Broken]) -> None:
        """Report what a rule finds; a rule is silent if a field that it needs is not valid."""
        with suppress(NotSetError):
            for name, message, remedy in broken:
                steps = [int(step) if step.isdigit() else step for step in _steps(name)]
                self.report(value.line_at(steps), f"{path}.{name}", message, remedy)

    def _wrong(
        self,
        error: ErrorDetails,
        path: str,
        value: Value,
        form: tuple[type[BaseModel], Collection[str]],
        own: Mapping[str, str],
    ) -> None:
        model, given = form
        steps = path_of(error)
        line, at = value.line_at(steps), _joined(path, steps)
        match error["type"]:
            case "missing":
                # The field may be inside a value that was refused.
                if value.complete:
                    self.report(line, at, "is missing", own.get(str(steps[-1]), "Add it"))
            case "extra_forbidden":
                *above, name = steps
                known = _names_in(_inside(model, above), () if above else given)
                self.unknown(_joined(path, above), str(name), line, known)
            case "model_type":
                if value.at(steps).value is not REPORTED:
                    names = ", ".join(_names_in(_inside(model, steps)))
                    self.report(line, at, "is not a group of fields", f"Use {names}")
            case kind if kind == WRONG:
                self.report(line, at, error["ctx"]["message"], error["ctx"]["remedy"])
            case kind if kind != KNOWN:
                raise AssertionError(kind)


def _names_in(model: type[BaseModel], given: Collection[str] = ()) -> list[str]:
    """The fields of a model as a file spells them, without those in `given`."""
    names = (field.alias or name for name, field in model.model_fields.items())
    return [name for name in names if name not in given]


def _inside(model: type[BaseModel], path: Sequence[Step]) -> type[BaseModel]:
    """The model of what is at a path below a model."""
    for step in path:
        if isinstance(step, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = next(_models_in(fields[step].annotation))
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _joined(path: str, steps: Sequence[Step]) -> str:
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path = f"{path}.{step}" if path else step
    return path


def _steps(name: str) -> list[str]:
    return [step for step in re.split(r"[\[\]]", name) if step]
