"""Redirect URLs of the Backend API: where an app may be sent after a sign-in.

Operations are named as in the Clerk Backend API.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors
from local.world.clerk.http import Answer, InstanceCall, bare_list, checked
from local.world.clerk.models import identifier

URL = re.compile(r"(?!http:)[a-z][a-z0-9+.-]*://[^\s]+", re.IGNORECASE)
"""https, or the app's own scheme."""


def list_redirect_urls(call: InstanceCall) -> Answer:
    """ListRedirectURLs: the newest first, which is a guess."""
    return 200, bare_list(call, list(reversed(call.instance.redirect_urls.values())))


def create_redirect_url(call: InstanceCall) -> Answer:
    """CreateRedirectURL."""
    url = checked(call.body(), {"url": str}, ("url",))["url"]
    if not URL.fullmatch(url):
        raise errors.param_invalid("url", "must start with https:// or a scheme of the app's own")
    if any(redirect_url["url"] == url for redirect_url in call.instance.redirect_urls.values()):
        raise errors.duplicate("url")
    now = call.backend.now_ms()
    made = {
        "object": "redirect_url",
        "id": identifier("ru"),
        "url": url,
        "created_at": now,
        "updated_at": now,
    }
    call.instance.redirect_urls[made["id"]] = made
    return 200, made


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/redirect_urls", list_redirect_urls),
    ("POST", "/v1/redirect_urls", create_redirect_url),
)
