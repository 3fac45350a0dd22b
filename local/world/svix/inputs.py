"""Request bodies of the Svix API, checked before the backend sees them.

Sources: Svix API description, schemas EndpointIn, EndpointUpsertIn, EndpointPatch,
EndpointSecretRotateIn, OneTimeTokenIn, EventExampleIn and MessageIn. Unknown fields are ignored,
as the description allows them; that includes ``filterTypes``, the older name of ``eventTypes``: a
client that sends only the old name gets an endpoint for every event, and its own check will show
it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from local.world.svix.errors import Invalid

LONGEST_GRACE = 604_800
DEFAULT_GRACE = 86_400
MOST_CHANNELS = 10


def _distinct(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("items must be unique")
    return values


def _is_url(value: str) -> str:
    AnyUrl(value)
    return value


def _is_moment(text: str) -> str:
    if not MOMENT.fullmatch(text):
        raise ValueError("not a date-time")
    datetime.fromisoformat(text.upper())
    return text


MOMENT = re.compile(r"[0-9-]{10}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
Url = Annotated[str, Field(min_length=1, max_length=65_536), AfterValidator(_is_url)]
Uid = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[a-zA-Z0-9\-_.]+$")]
EventType = Annotated[str, Field(max_length=256, pattern=r"^[a-zA-Z0-9\-_.]+$")]
Channel = Annotated[str, Field(max_length=128, pattern=r"^[a-zA-Z0-9\-_.:+]+$")]
EventTypes = Annotated[list[EventType], Field(min_length=1), AfterValidator(_distinct)]
Channels = Annotated[
    list[Channel], Field(min_length=1, max_length=MOST_CHANNELS), AfterValidator(_distinct)
]
Tag = Annotated[str, Field(max_length=128, pattern=r"^[a-zA-Z0-9\-_./\\#]+$")]
SigningSecret = Annotated[
    str, Field(pattern=r"^(whsec_|whsk_|whsk1_|whpk_|whpk1_)?[a-zA-Z0-9+/=]{32,100}$")
]
Rate = Annotated[int, Field(ge=1, le=65_535)]


class _Body(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class EndpointUpsert(_Body):
    """A whole endpoint, as PUT takes it."""

    url: Url
    description: str = ""
    throttle_rate: Rate | None = None
    uid: Uid | None = None
    disabled: bool = False
    event_types: EventTypes | None = None
    channels: Channels | None = None
    metadata: dict[str, str] = {}


class EndpointCreate(EndpointUpsert):
    """A new endpoint."""

    secret: SigningSecret | None = None
    headers: dict[str, str] | None = None


class EndpointChange(_Body):
    """Some properties of an endpoint; no event types or channels, or an empty list, means all.

    Only ``model_fields_set`` counts; the values of the others say nothing.
    """

    url: Url = ""
    description: str = ""
    throttle_rate: Annotated[int, Field(ge=0, le=65_535)] | None = None
    uid: Uid | None = None
    disabled: bool = False
    event_types: Annotated[list[EventType], AfterValidator(_distinct)] | None = None
    # More are described as possible here, but not in the answer.
    channels: (
        Annotated[list[Channel], Field(max_length=MOST_CHANNELS), AfterValidator(_distinct)] | None
    ) = None
    metadata: dict[str, str] = {}


class SecretRotation(_Body):
    """A rotation of the signing secret; the grace period is in seconds."""

    key: SigningSecret | None = None
    grace_period_seconds: Annotated[int, Field(ge=0, le=LONGEST_GRACE)] | None = None


class OneTimeToken(_Body):
    """A one-time token to exchange."""

    one_time_token: str


class EventExample(_Body):
    """An example message to send."""

    event_type: EventType
    example_index: Annotated[int, Field(ge=0)] = 0


class _Application(_Body):
    """An application that a message may bring along. The one in the path is there already."""

    name: Annotated[str, Field(min_length=1)]
    throttle_rate: Rate | None = None
    uid: Uid | None = None
    metadata: dict[str, str] = {}


class NewMessage(_Body):
    """A message to send."""

    event_type: EventType
    payload: dict[str, Any]
    event_id: Uid | None = None
    channels: Channels | None = None
    tags: Annotated[list[Tag], Field(max_length=5), AfterValidator(_distinct)] | None = None
    application: _Application | None = None
    transformations_params: dict[str, Any] | None = None
    deliver_at: Annotated[str, AfterValidator(_is_moment)] | None = None
    payload_retention_period: Annotated[int, Field(ge=1, le=90)] | None = None
    payload_retention_hours: Annotated[int, Field(ge=1, le=2160)] | None = None


BodyModel = TypeVar("BodyModel", bound=_Body)
_ID_OR_UID: TypeAdapter[str] = TypeAdapter(Uid)
ATTEMPT_ID = re.compile(r"atmpt_[A-Za-z0-9]{27}")
ITERATOR = re.compile(r"-?ep_[A-Za-z0-9]{27}")


def read(model: type[BodyModel], body: Any) -> BodyModel:
    """Check a parsed body; raises ``Invalid`` with every mistake."""
    try:
        return model.model_validate(body, strict=True)
    except ValidationError as error:
        raise _invalid(error, "body") from None


def read_id(text: str, name: str = "endpoint_id") -> str:
    """Check an id or uid in a path; raises ``Invalid``."""
    try:
        return _ID_OR_UID.validate_python(text)
    except ValidationError as error:
        raise _invalid(error, "path", name) from None


def read_attempt_id(text: str) -> str:
    """Check the id of an attempt in a path; raises ``Invalid``."""
    if not ATTEMPT_ID.fullmatch(text):
        raise Invalid([(["path", "attempt_id"], "not an id of an attempt", "value_error")])
    return text


def read_iterator(text: str | None) -> str | None:
    """Check an iterator; raises ``Invalid``."""
    if text is not None and not ITERATOR.fullmatch(text):
        raise Invalid([(["query", "iterator"], "not an iterator", "value_error")])
    return text


def _invalid(error: ValidationError, *where: str) -> Invalid:
    return Invalid(
        [
            ([*where, *(str(part) for part in one["loc"])], one["msg"], one["type"])
            for one in error.errors(include_url=False, include_context=False)
        ]
    )
