"""Probes that create something, check it, and remove it again.

For development instances only. What a killed run left behind is recognized by its name and removed
first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from clerkstack.clients.errors import ApiError, Conflict, NotADryRun
from clerkstack.clients.platform import Config, PlatformClient
from clerkstack.clients.svix import SvixClient
from clerkstack.kept_url import kept_url
from clerkstack.probe.account import Account, Probe, Result, holds, unresolved
from clerkstack.probe.reading import NO_SVIX
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.fields import is_unset
from clerkstack.shapes import Json, JsonObject, as_object, as_objects

FEATURE = "clerkstack_probe"
VARIABLE = "CLERKSTACK_PROBE"
NOTE = "Created and removed by clerkstack probe"
ADDRESS = "HTTPS://Clerkstack-Probe.example.com:443/here/../probe"
EVENT = "user.created"


def feature(account: Account) -> Iterator[Result]:
    """A feature that no plan has, in the config."""
    platform = account.session.platform
    remove_feature(account)
    before = platform.get_config(*account.place)
    made: JsonObject = {"name": "clerkstack probe", "description": NOTE}

    try:
        try:
            platform.patch_config(
                *account.place, _with(made), if_match=before.version, dry_run=True
            )
            stored = platform.get_config(*account.place) != before
        except NotADryRun:
            stored = True
            remove_feature(account)
        detail = "it was a write" if stored else "nothing was stored"
        yield holds("clerk.config-dry-run", not stored, detail)
        version = platform.get_config(*account.place, keys=["billing"]).version
        written = platform.patch_config(*account.place, _with(made), if_match=version)
        yield from _made(platform, account, before, written.after)
        yield from _cleared(platform, account)
        yield from _taken_away(platform, account)
    finally:
        remove_feature(account)
    gone = platform.get_config(*account.place)
    apart = [name for name, value in before.sections.items() if gone.sections.get(name) != value]
    detail = f"left: {', '.join(apart)}" if apart else "the config is as it was"
    yield holds("clerk.feature-removed", not apart, detail)


def _made(
    platform: PlatformClient, account: Account, before: Config, answered: JsonObject
) -> Iterator[Result]:
    live = platform.get_config(*account.place)
    features = _features(live)
    seen = FEATURE in features
    detail = "shown at once" if seen else "not shown yet"
    yield holds("clerk.read-after-write", seen, detail)
    others = {key: value for key, value in features.items() if key != FEATURE}
    kept = others == _features(before)
    detail = "the other features stayed" if kept else "other features changed"
    yield holds("clerk.config-merge", kept, detail)
    whole = answered.get("billing") == live.sections.get("billing")
    detail = "`after` is what a read shows" if whole else "`after` is not what a read shows"
    yield holds("clerk.config-after", whole, detail)
    # Another name, so that it would be a change if it is accepted.
    other = _with({"name": "clerkstack probe, written twice"})
    try:
        platform.patch_config(*account.place, other, if_match=before.version)
    except Conflict as conflict:
        refused = conflict.code == "config_version_conflict"
        yield holds("clerk.config-if-match", refused, f"409 {conflict.code}")
    else:
        moved = live.version != before.version
        detail = "it was written" if moved else "the version did not move with a write"
        yield holds("clerk.config-if-match", False, detail)


def _cleared(platform: PlatformClient, account: Account) -> Iterator[Result]:
    version = platform.get_config(*account.place).version
    platform.patch_config(*account.place, _with({"description": ""}), if_match=version)
    shown = _features(platform.get_config(*account.place)).get(FEATURE, {})
    left = shown.get("description")
    detail = f"a cleared description reads as {left!r}"
    yield holds("clerk.config-clear", is_unset("description", left), detail)


def _taken_away(platform: PlatformClient, account: Account) -> Iterator[Result]:
    version = platform.get_config(*account.place).version
    try:
        platform.patch_config(*account.place, _with(None), if_match=version)
    except ApiError as refusal:
        detail = f"{refusal.status} {refusal.code or ''}".strip()
        yield holds("clerk.config-destructive", refusal.status < 500, detail)
    else:
        yield holds("clerk.config-destructive", False, "it was removed without")


def remove_feature(account: Account) -> None:
    """Remove the probe's feature if it exists."""
    platform = account.session.platform
    live = platform.get_config(*account.place, keys=["billing"])
    if FEATURE in _features(live):
        platform.patch_config(*account.place, _with(None), if_match=live.version, destructive=True)


def _features(config: Config) -> dict[str, JsonObject]:
    section = as_object(config.sections.get("billing"), "billing")
    return as_objects(section.get("features"), "billing.features")


def _with(feature: JsonObject | None) -> dict[str, Json]:
    return {"billing": {"features": {FEATURE: feature}}}


def endpoint(account: Account) -> Iterator[Result]:
    """A disabled webhook endpoint."""
    application, instance = account.place
    app = account.session.svix_app(application, instance)
    if app is None:
        yield from (unresolved(premise, NO_SVIX) for premise in OF_SVIX.premises)
        return
    with app:
        _remove_endpoints(app)
        try:
            made = app.create_endpoint(
                url=ADDRESS, event_types=[EVENT], description=NOTE, disabled=True
            )
            secret = app.signing_secret(made.id)
            app.update_endpoint(made.id, description=NOTE, event_types=[EVENT, "user.deleted"])
            live = app.get_endpoint(made.id)
            yield holds(
                "svix.url-form", live.url == kept_url(ADDRESS), f"{ADDRESS} is kept as {live.url}"
            )
            same = app.signing_secret(made.id) == secret
            form = secret.get_secret_value().startswith("whsec_")
            kept = set(live.event_types or ()) == {EVENT, "user.deleted"}
            wrong = [
                what
                for what, right in (
                    ("its secret changed", same),
                    ("its secret does not begin with whsec_", form),
                    ("its events differ", kept),
                    ("its description differs", live.description == NOTE),
                )
                if not right
            ]
            yield holds("svix.endpoint", not wrong, "; ".join(wrong) or "as it was sent")
        finally:
            _remove_endpoints(app)


def _remove_endpoints(app: SvixClient) -> None:
    """Remove the probe's endpoints, recognized by their description, even if the id was lost."""
    for endpoint in app.list_endpoints():
        if endpoint.description == NOTE:
            app.delete_endpoint(endpoint.id)


def variable(account: Account) -> Iterator[Result]:
    """A sensitive variable for preview, under the probe's own name."""
    declared = account.settings.vercel_projects[0]
    client = account.session.vercel(declared.team_id)

    def there() -> list[str]:
        listed = account.session.variables(declared.team_id, declared.project_id)
        return [variable.id for variable in listed if variable.key == VARIABLE]

    def remove() -> None:
        for variable_id in there():
            client.delete_variable(declared.project_id, variable_id)

    remove()
    try:
        made = client.create_variable(
            declared.project_id, VARIABLE, "probe", targets=["preview"], comment=NOTE
        )
        client.write_variable(declared.project_id, made.id, "written again")
        found = account.session.variables(declared.team_id, declared.project_id, decrypt=True)
        live = next((variable for variable in found if variable.id == made.id), None)
        if live is None:
            yield holds("vercel.write", False, "it is not in the list")
            return
        seen = (live.key, live.type, live.target, live.comment)
        kept = seen == (VARIABLE, "sensitive", ("preview",), NOTE)
        yield holds("vercel.write", kept, "as it was sent" if kept else f"it is {seen}")
        hidden = live.readable_value is None
        yield holds("vercel.sensitive", hidden, "not readable" if hidden else "readable")
    finally:
        with suppress(ApiError):
            remove()
        if there():
            raise ClerkstackError(f"{VARIABLE} was left at Vercel: remove it by hand")


OF_CONFIG = Probe(
    (
        "clerk.config-dry-run",
        "clerk.read-after-write",
        "clerk.config-merge",
        "clerk.config-after",
        "clerk.config-if-match",
        "clerk.config-clear",
        "clerk.config-destructive",
        "clerk.feature-removed",
    ),
    feature,
)
OF_SVIX = Probe(("svix.url-form", "svix.endpoint"), endpoint)
OF_VERCEL = Probe(("vercel.write", "vercel.sensitive"), variable)
