"""Base of all answers: read-only, and open for fields that a service adds."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from clerkstack.clients.errors import UnexpectedAnswer

Model = TypeVar("Model", bound=BaseModel)


class Answer(BaseModel):
    """Part of a service's answer. Fields we have no use for are left out."""

    # Without the last one pydantic's own errors would repeat what they refuse, keys included.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def read_answer(
    model: type[Model], content: bytes, *, vendor: str, operation: str, address: str
) -> Model:
    """Read an answer's body as `model`.

    Raises:
        UnexpectedAnswer: it is not of that form; the message names the fields, no values.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        fields = sorted({_path(each["loc"]) for each in error.errors(include_input=False)} - {""})
    # Raised out here so that it carries no trace of the lower exception and its input.
    what = ", ".join(fields) if fields else described(content)
    raise UnexpectedAnswer(
        f"{vendor}'s answer to {operation} does not have the described form ({what}). "
        f"Is {address} the right address? If so, its API has changed.",
        operation=operation,
        fields=fields,
    )


def described(content: bytes) -> str:
    """What a body is that is not of the described form, in a word or two."""
    start = content.lstrip()[:1]
    if not start:
        return "an empty body"
    if start == b"<":
        return "a web page"
    return "other JSON" if start in b'{["' else "plain text"


def _path(location: tuple[Any, ...]) -> str:
    return ".".join(map(str, location))
