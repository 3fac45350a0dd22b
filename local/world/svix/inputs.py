"""Request bodies of the Svix API, checked before the backend sees them.

Sources: Svix API description, schemas EndpointIn, EndpointUpsertIn, EndpointPatch,
EndpointSecretRotateIn, EndpointHeadersIn, EndpointHeadersPatchIn, RecoverIn, ReplayIn,
OneTimeTokenIn, EventExampleIn and MessageIn; and svix-server 1.100, which accepts more than they
describe (``filterTypes``, ``rateLimit``, ``version``, a name twice) and less (a key without
``whsec_``, an empty list of event types). Unknown fields are ignored.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from local.world.svix.errors import Invalid
from local.world.svix.forms import in_any_order

LONGEST_GRACE = 604_800
DEFAULT_GRACE = 86_400
MOST_CHANNELS = 10


def _distinct(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("items must be unique")
    return values


def _kept_url(value: str) -> str:
    """Return a URL as Svix stores it: both parse it with the same library."""
    url = AnyUrl(value)
    if url.scheme not in ("http", "https"):
        raise ValueError("Endpoint URL schemes must be http or https")
    return str(url)


def _is_text(value: str) -> str:
    if re.search(r"[\x00-\x08]", value):
        raise ValueError("Control characters 0x00-0x08 not allowed.")
    return value


def _is_uid(value: str) -> str:
    if value.startswith("ep_"):
        raise ValueError("a uid has not the prefix of an id")
    return value


def _is_key(value: str) -> str:
    try:
        size = len(base64.b64decode(value.removeprefix("whsec_"), validate=True))
    except binascii.Error:
        raise ValueError("not base64") from None
    if not 24 <= size <= 75:
        raise ValueError("secret length invalid")
    return value


def _are_headers(headers: dict[str, Any]) -> dict[str, Any]:
    for name, value in headers.items():
        low = name.lower()
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", low):
            raise ValueError("Invalid Header Name.")
        if FORBIDDEN_HEADER.fullmatch(low):
            raise ValueError("Header uses a forbidden key or prefix.")
        if value is not None and not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]{0,4096}", value):
            raise ValueError("Invalid Header Value.")
    return headers


def _is_moment(text: str) -> str:
    if not MOMENT.fullmatch(text):
        raise ValueError("not a date-time")
    datetime.fromisoformat(text.upper())
    return text


MOMENT = re.compile(r"[0-9-]{10}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
FORBIDDEN_HEADER = re.compile(
    "user-agent|keep-alive|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding"
    "|upgrade|age|cache-control|clear-site-data|expires|pragma|warning"
    "|content-(length|type|encoding|language|location)"
    "|(x-amz-|x-amzn-|x-google|x-goog-|x-gfe|x-azure-|x-fd-|x-svix-|svix-).*"
)
Url = Annotated[str, Field(min_length=1, max_length=65_536), AfterValidator(_kept_url)]
Text = Annotated[str, AfterValidator(_is_text)]
IdOrUid = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[a-zA-Z0-9\-_.]+$")]
Uid = Annotated[IdOrUid, AfterValidator(_is_uid)]
Moment = Annotated[str, AfterValidator(_is_moment)]
EventType = Annotated[str, Field(max_length=256, pattern=r"^[a-zA-Z0-9\-_.]+$")]
Channel = Annotated[str, Field(max_length=128, pattern=r"^[a-zA-Z0-9\-_.:+]+$")]
EventTypes = Annotated[list[EventType], Field(min_length=1), AfterValidator(in_any_order)]
FILTER = Field(None, validation_alias=AliasChoices("eventTypes", "filterTypes"))
Channels = Annotated[
    list[Channel], Field(min_length=1, max_length=MOST_CHANNELS), AfterValidator(in_any_order)
]
Headers = Annotated[dict[str, str], AfterValidator(_are_headers)]
Tag = Annotated[str, Field(max_length=128, pattern=r"^[a-zA-Z0-9\-_./\\#]+$")]
# Keys of the other kind (whsk_, for asymmetric signatures) are not emulated.
SigningSecret = Annotated[
    str, Field(pattern=r"^whsec_[a-zA-Z0-9+/=]{32,100}$"), AfterValidator(_is_key)
]
Rate = Annotated[int, Field(ge=1, le=65_535)]


class _Body(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class _EndpointBody(_Body):
    """The common base of an endpoint's bodies: an older field name, and no duplicate fields."""

    @model_validator(mode="before")
    @classmethod
    def _one_name_each(cls, body: Any) -> Any:
        if not isinstance(body, Mapping):
            return body
        if {"eventTypes", "filterTypes"} <= body.keys():
            raise ValueError("duplicate field `eventTypes`")
        # The older name of the same field; the newer one takes precedence.
        older = {"throttleRate": body["rateLimit"]} if "rateLimit" in body else {}
        return {**older, **body}


class EndpointUpsert(_EndpointBody):
    """A complete endpoint, as in a PUT."""

    url: Url
    description: Text = ""
    throttle_rate: Rate | None = None
    uid: Uid | None = None
    version: Rate | None = 1
    disabled: bool = False
    event_types: EventTypes | None = FILTER
    channels: Channels | None = None
    metadata: dict[str, str] = {}


class EndpointCreate(EndpointUpsert):
    """A new endpoint."""

    secret: SigningSecret | None = None
    headers: Headers | None = None


class EndpointChange(_EndpointBody):
    """Some properties of an endpoint; null for event types or channels means all.

    Only the fields in ``model_fields_set`` are given.
    """

    url: Url = ""
    description: Text = ""
    throttle_rate: Rate | None = None
    uid: Uid | None = None
    version: Rate = 1
    disabled: bool = False
    event_types: EventTypes | None = FILTER
    channels: Channels | None = None
    metadata: dict[str, str] = {}


class HeadersSet(_Body):
    """All headers of an endpoint."""

    headers: Headers


class HeadersChange(_Body):
    """Some headers of an endpoint; null removes one."""

    headers: Annotated[dict[str, str | None], AfterValidator(_are_headers)]
    delete_headers: list[str] = []


class Period(_Body):
    """The period whose messages are sent again."""

    since: Moment
    until: Moment | None = None


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
    """An application that a message may include. The one in the path exists already."""

    name: Annotated[str, Field(min_length=1)]
    throttle_rate: Rate | None = None
    uid: IdOrUid | None = None
    metadata: dict[str, str] = {}


class NewMessage(_Body):
    """A message to send."""

    event_type: EventType
    payload: dict[str, Any]
    event_id: IdOrUid | None = None
    channels: Channels | None = None
    tags: Annotated[list[Tag], Field(max_length=5), AfterValidator(_distinct)] | None = None
    application: _Application | None = None
    transformations_params: dict[str, Any] | None = None
    deliver_at: Moment | None = None
    payload_retention_period: Annotated[int, Field(ge=1, le=90)] | None = None
    payload_retention_hours: Annotated[int, Field(ge=1, le=2160)] | None = None


BodyModel = TypeVar("BodyModel", bound=_Body)
_ID_OR_UID: TypeAdapter[str] = TypeAdapter(IdOrUid)
ATTEMPT_ID = re.compile(r"atmpt_[A-Za-z0-9]{27}")


def read(model: type[BodyModel], body: Any) -> BodyModel:
    """Check a parsed body; raise ``Invalid`` with every error."""
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


def _invalid(error: ValidationError, *where: str) -> Invalid:
    return Invalid(
        [
            ([*where, *(str(part) for part in one["loc"])], one["msg"], one["type"])
            for one in error.errors(include_url=False, include_context=False)
        ]
    )
