"""The review as a file, passed from the job that ran a pull request's code to the one that
comments.

The author of the pull request controls that file, so it is read only as data: its size, texts,
numbers and form are limited, and everything else is refused. A file, address, pull request or
commit that it names is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from clerkstack.checks.finding import Finding
from clerkstack.problems import ClerkstackError
from clerkstack.report.document import Document, Part
from clerkstack.report.documents import CheckDocument
from clerkstack.report.markdown import shortened
from clerkstack.review.comment import Occasion, verdict
from clerkstack.review.stacks import Review, Verdict
from clerkstack.safe import safe
from clerkstack.state.preview import Change, Preview
from clerkstack.state.properties import Property

MOST_STACKS = 100
MOST_BYTES = 6_000_000
"""The limit for the file. A changed property takes about a hundred bytes."""

LONGEST_TEXT = 5_000  # characters; a comment shows 2,000 of a message
DEEPEST = 40  # levels
LARGEST_NUMBER = 10**15  # on either side of zero; prices are cents, times milliseconds

_WORDS = {each.name.lower().replace("_", " "): each for each in Verdict}


class ReviewedStack(Part):
    """What a pull request would change in a stack, and what blocks it.

    `preview` is null if it failed, `agreement` (the document of `check --live`) if app, catalog and
    instance could not be compared; `troubles` are the reasons.
    """

    stack: Annotated[str, Field(min_length=1, max_length=200)]
    verdict: Literal["clear", "blocked", "bad input", "service failed"]
    preview: Preview | None
    agreement: CheckDocument | None
    troubles: tuple[Finding, ...]


class ReviewDocument(Document):
    """`clerkstack review --json`, and the file that `--save` writes for `clerkstack comment`."""

    commit: str
    time: str
    verdict: str
    stacks: Annotated[tuple[ReviewedStack, ...], Field(min_length=1, max_length=MOST_STACKS)]


def document(reviews: Sequence[Review], occasion: Occasion) -> dict[str, Any]:
    """The reviews as JSON, with texts short enough for `read_document`."""
    content = ReviewDocument(
        commit=occasion.commit,
        time=occasion.time.isoformat(timespec="seconds"),
        verdict=_word(verdict(reviews)),
        stacks=tuple(
            ReviewedStack(
                stack=review.stack,
                verdict=_word(review.verdict),
                preview=review.preview,
                agreement=review.agreement,
                troubles=tuple(review.troubles),
            )
            for review in reviews
        ),
    )
    short: dict[str, Any] = _mapped(content.data(), lambda text: shortened(text, LONGEST_TEXT))
    return short


def read_document(content: bytes) -> list[Review]:
    """The reviews in an untrusted file, with every text made safe to show.

    Raises:
        ClerkstackError: it is too large, not JSON, or malformed; the message shows nothing of its
            content.
    """
    if len(content) > MOST_BYTES:
        raise ClerkstackError(f"The review is larger than {MOST_BYTES} bytes and is not read.")
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_no_number)
        for wrong in _beyond(data):
            raise ClerkstackError(f"The review contains {wrong}, so it was not read.")
        # Remove keys and terminal commands, whoever wrote it.
        read = ReviewDocument.model_validate(safe(data))
        return [_review(stack) for stack in read.stacks]
    except ValidationError as error:
        # Only the places, and only if they are names of our own format.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"] if step in _NAMES)
        raise ClerkstackError(
            f"The review is not in the format of `clerkstack review --save` ({place or '?'}: "
            f"{first['type']}), so it was not read."
        ) from None
    except (ValueError, RecursionError):
        raise ClerkstackError("The review is not JSON in UTF-8, so it was not read.") from None


_NAMES = frozenset(
    name for part in (ReviewDocument, ReviewedStack, CheckDocument) for name in part.model_fields
) | frozenset(field.name for part in (Preview, Change, Property, Finding) for field in fields(part))


def _word(one: Verdict) -> Any:
    return one.name.lower().replace("_", " ")


def _review(one: ReviewedStack) -> Review:
    return Review(one.stack, one.preview, one.agreement, list(one.troubles), _WORDS[one.verdict])


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with `change` applied to all its texts, names included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(key)): _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value


def _beyond(value: Any, levels: int = DEEPEST) -> Iterator[str]:
    """What exceeds the limits in a JSON value, in words."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            yield f"a string of more than {LONGEST_TEXT} characters"
    elif isinstance(value, int | float):
        # NaN is neither larger nor smaller.
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            yield "a number that is out of range"
    elif isinstance(value, dict | list) and not levels:
        yield f"more than {DEEPEST} levels"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _beyond(key)
            yield from _beyond(item, levels - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _beyond(item, levels - 1)


def _no_number(_word: str) -> None:
    raise ValueError
