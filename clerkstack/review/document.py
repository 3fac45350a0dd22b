"""The review as a file: what the job that ran a pull request's code hands to the one that comments.

Whoever wrote the pull request wrote that file. Reading it takes it as data alone: its size, each
text and number, and its form have limits, and what is no part of the form is refused. Nothing in
it names a file, an address, a pull request or a commit that is heeded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clerkstack.problems import ClerkstackError
from clerkstack.report.documents import CheckDocument
from clerkstack.review.comment import Occasion, verdict
from clerkstack.review.markdown import shortened
from clerkstack.review.preview import Change, Complaint, Preview, Violation
from clerkstack.review.properties import Property
from clerkstack.review.stacks import Review, Verdict
from clerkstack.safe import safe

MOST_BYTES = 6_000_000
"""Of the file. A property that changes takes some hundred."""

MOST_STACKS = 100
LONGEST_TEXT = 5_000  # characters; a comment shows 2,000 of a message
DEEPEST = 40  # levels
LARGEST_NUMBER = 10**15  # on either side of zero; prices are cents, times milliseconds

_WORDS = {each.name.lower().replace("_", " "): each for each in Verdict}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class _Property(_Part):
    path: str
    before: Any
    after: Any


class _Change(_Part):
    operation: Literal["create", "update", "replace", "delete", "import"]
    resource: str
    type: str
    properties: list[_Property]


class _Violation(_Part):
    policy: str
    resource: str
    level: str
    message: str


class _Complaint(_Part):
    resource: str
    message: str


class _Preview(_Part):
    changes: list[_Change]
    unchanged: Annotated[int, Field(ge=0)]
    violations: list[_Violation]
    errors: list[_Complaint]
    warnings: list[_Complaint]
    ended: bool
    failed: bool


class _Stack(_Part):
    stack: Annotated[str, Field(min_length=1, max_length=200)]
    verdict: Literal["clear", "blocked", "bad input", "service failed"]
    preview: _Preview | None
    agreement: CheckDocument | None
    troubles: list[_Complaint]


class _Document(_Part):
    # Of the file for people and scripts; the comment takes neither from here.
    commit: str
    time: str
    verdict: str
    stacks: Annotated[list[_Stack], Field(min_length=1, max_length=MOST_STACKS)]


def document(reviews: Sequence[Review], occasion: Occasion) -> dict[str, Any]:
    """The reviews as JSON, their texts short enough to be read again."""
    told = {
        "commit": occasion.commit,
        "time": occasion.time.isoformat(timespec="seconds"),
        "verdict": _word(verdict(reviews)),
        "stacks": [_stack(each) for each in reviews],
    }
    short: dict[str, Any] = _mapped(told, lambda text: shortened(text, LONGEST_TEXT))
    return short


def read_document(content: bytes) -> list[Review]:
    """The reviews in a file that nobody vouches for, every text of them as it may be shown.

    Raises:
        ClerkstackError: it is too large, no JSON, or not of the form; the message repeats nothing
            of what it holds.
    """
    if len(content) > MOST_BYTES:
        raise ClerkstackError(f"The review is larger than {MOST_BYTES} bytes: it is not read.")
    try:
        told = json.loads(content.decode("utf-8"), parse_constant=_no_number)
        for wrong in _beyond(told):
            raise ClerkstackError(f"The review holds {wrong}: it is not read.")
        # Whoever wrote it, no key and nothing that commands a terminal goes further.
        read = _Document.model_validate(safe(told))
        return [_review(each) for each in read.stacks]
    except ValidationError as error:
        # The places alone, and of them only names of ours.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(each) for each in first["loc"] if each in _NAMES)
        raise ClerkstackError(
            f"The review is not of the form of `clerkstack review --save` ({place or '?'}: "
            f"{first['type']}): it is not read."
        ) from None
    except (ValueError, RecursionError):
        raise ClerkstackError("The review is no JSON in UTF-8. It is not read.") from None


_NAMES = frozenset(
    name
    for part in (_Document, _Stack, _Preview, _Complaint, _Violation, _Change, _Property)
    for name in part.model_fields
)


def _stack(one: Review) -> dict[str, Any]:
    told: dict[str, Any] = {"stack": one.stack, "verdict": _word(one.verdict)}
    told["preview"] = asdict(one.preview) if one.preview else None
    agreement = None if one.agreement is None else one.agreement.data()
    return {**told, "agreement": agreement, "troubles": [asdict(each) for each in one.troubles]}


def _word(one: Verdict) -> str:
    return one.name.lower().replace("_", " ")


def _review(one: _Stack) -> Review:
    def complaints(told: Sequence[_Complaint]) -> list[Complaint]:
        return [Complaint(each.resource, each.message) for each in told]

    preview = None
    if one.preview is not None:
        preview = Preview(
            changes=[_change(each) for each in one.preview.changes],
            unchanged=one.preview.unchanged,
            violations=[
                Violation(each.policy, each.resource, each.level, each.message)
                for each in one.preview.violations
            ],
            errors=complaints(one.preview.errors),
            warnings=complaints(one.preview.warnings),
            ended=one.preview.ended,
            failed=one.preview.failed,
        )
    troubles = complaints(one.troubles)
    return Review(one.stack, preview, one.agreement, troubles, _WORDS[one.verdict])


def _change(one: _Change) -> Change:
    properties = tuple(Property(each.path, each.before, each.after) for each in one.properties)
    return Change(one.operation, one.resource, one.type, properties)


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
            yield "a number that nothing here has"
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
