"""The review as a file: what the job that ran a pull request's code hands to the one that comments.

Whoever wrote the pull request wrote that file. Reading it takes it as data alone: its size, each
text and number, and its form have limits, and what is no part of the form is refused. Nothing in
it names a file, an address, a pull request or a commit that is heeded.
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
"""Of the file. A property that changes takes some hundred."""

LONGEST_TEXT = 5_000  # characters; a comment shows 2,000 of a message
DEEPEST = 40  # levels
LARGEST_NUMBER = 10**15  # on either side of zero; prices are cents, times milliseconds

_WORDS = {each.name.lower().replace("_", " "): each for each in Verdict}


class ReviewedStack(Part):
    """What a pull request would do to a stack, and what stands against it.

    `preview` is null if there was none, `agreement` (the document of `check --live`) if app,
    catalog and instance could not be compared; `troubles` are the reasons.
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
    """The reviews as JSON, their texts short enough to be read again."""
    told = ReviewDocument(
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
    short: dict[str, Any] = _mapped(told.data(), lambda text: shortened(text, LONGEST_TEXT))
    return short


def read_document(content: bytes) -> list[Review]:
    """The reviews in a file that nobody vouches for, every text of them as it may be shown.

    Raises:
        ClerkstackError: it is too large, no JSON, or not of the form; the message repeats nothing
            of what it holds.
    """
    if len(content) > MOST_BYTES:
        raise ClerkstackError(f"The review is larger than {MOST_BYTES} bytes and is not read.")
    try:
        told = json.loads(content.decode("utf-8"), parse_constant=_no_number)
        for wrong in _beyond(told):
            raise ClerkstackError(f"The review contains {wrong}, so it was not read.")
        # Whoever wrote it, no key and nothing that commands a terminal goes further.
        read = ReviewDocument.model_validate(safe(told))
        return [_review(stack) for stack in read.stacks]
    except ValidationError as error:
        # The places alone, and of them only names of ours.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(each) for each in first["loc"] if each in _NAMES)
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
    """A JSON value with each of its texts changed, names included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(key)): _mapped(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(each, change) for each in value]
    return value


def _beyond(value: Any, levels: int = DEEPEST) -> Iterator[str]:
    """What in a JSON value is beyond the limits, in words."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            yield f"a text of more than {LONGEST_TEXT} characters"
    elif isinstance(value, int | float):
        # Not a number (NaN) is neither larger nor smaller.
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            yield "a number that is out of range"
    elif isinstance(value, dict | list) and not levels:
        yield f"more than {DEEPEST} levels"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _beyond(key)
            yield from _beyond(each, levels - 1)
    elif isinstance(value, list):
        for each in value:
            yield from _beyond(each, levels - 1)


def _no_number(_word: str) -> None:
    raise ValueError
