"""JWT templates of the Backend API: claims and lifetimes of tokens for other services.

Operations are named as in the Clerk Backend API. A signing key is accepted and never returned.
"""

from __future__ import annotations

from typing import Any

from local.world.clerk import errors
from local.world.clerk.http import Answer, InstanceCall, bare_list, checked
from local.world.clerk.models import identifier

FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "claims": dict,
    "lifetime": int,
    "allowed_clock_skew": int,
    "custom_signing_key": bool,
    "signing_algorithm": str,
    "signing_key": str,
}
RANGES = {"lifetime": (30, 315_360_000), "allowed_clock_skew": (0, 300)}
"""Seconds. The bounds are documented; the default values are a guess."""
DEFAULTS = {"lifetime": 60, "allowed_clock_skew": 5}
ALGORITHM = "RS256"


def list_jwt_templates(call: InstanceCall) -> Answer:
    """ListJWTTemplates: the newest first, which is a guess."""
    return 200, bare_list(call, list(reversed(call.instance.jwt_templates.values())))


def create_jwt_template(call: InstanceCall) -> Answer:
    """CreateJWTTemplate."""
    form = checked(call.body(), FIELDS, ("name", "claims"))
    for name, (least, most) in RANGES.items():
        if name in form and not least <= form[name] <= most:
            raise errors.param_invalid(name, f"must be from {least} to {most}")
    own_key = form.get("custom_signing_key", False)
    for name in ("signing_algorithm", "signing_key") if own_key else ():
        if name not in form:
            raise errors.param_missing(name)
    if any(
        jwt_template["name"] == form["name"]
        for jwt_template in call.instance.jwt_templates.values()
    ):
        raise errors.duplicate("name")
    now = call.backend.now_ms()
    made: dict[str, Any] = {
        "object": "jwt_template",
        "id": identifier("jtmp"),
        "name": form["name"],
        "claims": form["claims"],
        **{name: form.get(name, default) for name, default in DEFAULTS.items()},
        "custom_signing_key": own_key,
        "signing_algorithm": form["signing_algorithm"] if own_key else ALGORITHM,
        "created_at": now,
        "updated_at": now,
    }
    call.instance.jwt_templates[made["id"]] = made
    return 200, made


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/jwt_templates", list_jwt_templates),
    ("POST", "/v1/jwt_templates", create_jwt_template),
)
