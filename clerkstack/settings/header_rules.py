"""Rules for the headers of a webhook endpoint, as Svix accepts them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clerkstack.problems import hidden_name
from clerkstack.settings.broken import Broken
from clerkstack.settings.forms import how_to_set
from clerkstack.settings.models import Settings

# All from the source of svix-server.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,4096}")
SVIXS_OWN = re.compile(
    r"user-agent|keep-alive|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding"
    r"|upgrade|age|cache-control|clear-site-data|expires|pragma|warning"
    r"|content-(length|type|encoding|language|location)"
    r"|(x-amz-|x-amzn-|x-google|x-goog-|x-gfe|x-azure-|x-fd-|x-svix-|svix-).*",
    re.IGNORECASE,
)


def broken_headers(settings: Settings) -> Iterator[Broken]:
    """Every rule that the headers break, without their values."""
    seen: dict[str, str] = {}
    for name, secret in settings.webhook.headers.items():
        path = ("webhook", "headers", name)
        value = secret.get_secret_value()
        if not NAME.fullmatch(name):
            # The name is not shown: somebody may have pasted a value there.
            at = ("webhook", "headers")
            remedy = "Write a header's name, for example x-vercel-protection-bypass"
            yield Broken(at, "has an invalid header name", remedy)
        elif hidden := hidden_name(name):
            yield Broken(path, hidden, "Use another name")
        elif SVIXS_OWN.fullmatch(name):
            message = "is a header that Svix sets itself or does not accept"
            yield Broken(path, message, "Remove it, or use another name")
        elif (other := seen.setdefault(name.lower(), name)) != name:
            yield Broken(path, f"is the same header as {other}", "Name it once")
        elif not value or value != value.strip() or not VALUE.fullmatch(value):
            message = (
                "is empty, or contains characters or outer white space that a header cannot have"
            )
            yield Broken(path, message, how_to_set(path))
