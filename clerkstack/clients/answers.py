"""The base of all answers: read-only; fields that a service adds are ignored."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from clerkstack.clients.errors import UnexpectedAnswer

Model = TypeVar("Model", bound=BaseModel)


class Answer(BaseModel):
    """Part of a service's answer, with the fields that are used here."""

    # Without the last one, pydantic's errors would show the input, including keys.
    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


def read_answer(
    model: type[Model], content: bytes, *, vendor: str, operation: str, address: str
) -> Model:
    """Read an answer's body as `model`.

    Raises:
        UnexpectedAnswer: it does not match; the message names the fields, without values.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        fields = sorted(
            {_path(error_["loc"]) for error_ in error.errors(include_input=False)} - {""}
        )
    # Raised outside the `except`, so that it does not reference the other exception and its input.
    what = ", ".join(fields) if fields else described(content)
    raise UnexpectedAnswer(
        f"{vendor}'s answer to {operation} does not have the documented form ({what}). "
        f"Is {address} the right address? If so, its API has changed.",
        operation=operation,
        fields=fields,
    )


def described(content: bytes) -> str:
    """What kind of body it is instead of the documented one, in a word or two."""
    start = content.lstrip()[:1]
    if not start:
        return "an empty body"
    if start == b"<":
        return "a web page"
    return "other JSON" if start in b'{["' else "plain text"


def _path(location: tuple[Any, ...]) -> str:
    return ".".join(map(str, location))
