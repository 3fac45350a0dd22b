"""What the Pulumi program reads before it declares anything: settings, catalog, app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from clerkstack.app.asked import Asked, unknown
from clerkstack.app.code import AppCode
from clerkstack.app.kinds import SOLD
from clerkstack.app.read import read_app
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import Catalog
from clerkstack.clients.errors import NotFound
from clerkstack.desired.access import access_inputs
from clerkstack.desired.afterwards import Access, access_afterwards, sold_afterwards, together
from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import (
    billing_refusals,
    undeclared_access,
    undeclared_uses,
    unknown_access,
    unknown_uses,
)
from clerkstack.desired.rolling_out import rolls_out
from clerkstack.live.instance import LiveInstance
from clerkstack.problems import ClerkstackError, InputError, Problem
from clerkstack.providers.shared import provider_session
from clerkstack.reconcile.billing import SECTION, DeclaredBilling
from clerkstack.rotation.hooks import write_secrets_only
from clerkstack.rotation.unfinished import ended_meanwhile
from clerkstack.safe import hide, safe
from clerkstack.settings.load import load_connection, load_settings, problems_of
from clerkstack.settings.models import AppSettings, Connection, Settings
from clerkstack.settings.names import PREFIX
from clerkstack.settings.vercel_plugin import led_astray
from clerkstack.shapes import JsonObject, as_object
from clerkstack.state.model import State
from clerkstack.texts import counted

NAMED = 5
"""The most places that a message lists."""
NOTHING_COMPARED = (
    "This stack does not name the app's code, so nothing has checked that the plans and features "
    "it checks exist: a check of a slug that differs returns false, without an error. Set "
    "clerkstack:app.path or clerkstack:app.git. See docs/app.md"
)
NOTHING_FOUND = (
    "The code that clerkstack:app names checks no plan or feature, and no declaration of its plans "
    "is set, so nothing was compared. Set it to the code of the deployed app, or set "
    "clerkstack:app.declaration. See docs/app.md"
)
CATALOG_KEY, APP_KEY = f"{PREFIX}catalog", f"{PREFIX}appDeclaration"
DEFAULT_CATALOG: str = Settings.model_fields["catalog"].default


def load_deployment(state: Callable[[], State]) -> tuple[Settings, Catalog, AppCode | None]:
    """Read and validate the stack's settings, the catalog and the app's code.

    Args:
        state: returns type and outputs of each resource; called only where they decide.

    Raises:
        pulumi.RunError: anything is wrong; the message lists every problem of every file with
            its place and its remedy, and no resource has been declared.
    """
    problems: list[Problem] = []
    stack = pulumi.get_stack()
    file = Path(f"Pulumi.{stack}.yaml")
    raw = get_config_env()
    settings = catalog = app = None
    try:
        settings = load_settings(
            raw,
            stack=stack,
            file=file,
            encrypted=get_config_secret_keys_env(),
            project=pulumi.get_project(),
        )
    except InputError as error:
        problems += error.problems
    if settings is not None:
        hide(settings.secrets)
        problems += problems_of(led_astray(settings, os.environ), stack=stack, file=file)
    if rolls_out() and settings is not None and not problems:
        return _for_secrets_only(settings)
    # The other files are read even if the settings are wrong, to report all mistakes at once.
    catalog_file = settings.catalog if settings else raw.get(CATALOG_KEY, DEFAULT_CATALOG)
    app_file = settings.app_declaration if settings else raw.get(APP_KEY)
    try:
        catalog = load_catalog(Path(catalog_file))
    except InputError as error:
        problems += error.problems
    try:
        app = read_app(settings.app if settings else AppSettings(), app_file, progress=_progress)
    except InputError as error:
        problems += error.problems
    except ClerkstackError as error:
        message = f"cannot be fetched: {error}"
        remedy = "Check that git can read it from here, or set clerkstack:app.path to a checkout"
        problems.append(Problem(file.name, None, "app.git", message, remedy))
    if settings is None or catalog is None or problems:
        raise _refused([str(problem) for problem in problems])
    # At preview the policy pack and the provider report this, resource by resource. An `up` that
    # skipped its preview must not begin: it would change everything that comes before billing.
    preview = pulumi.runtime.is_dry_run()
    billing = declared_billing(settings, catalog, app)
    refusals = list(refusals_of(settings, billing, preview=preview))
    access = access_inputs(settings, app)
    if not preview and not refusals and settings.components.billing:
        refusals = asked_in_vain(settings, load_connection(raw), billing)
    if not settings.components.billing and settings.instance == "production":
        from clerkstack.without_billing import refusals_without_billing

        refusals += refusals_without_billing(settings, raw, billing.app, state, preview=preview)
    if not (preview and settings.components.organizations):
        refusals += roles_in_vain(settings, load_connection(raw), access)
    if refusals:
        raise _refused(refusals)
    if settings.instance == "production" and not compared(app):
        pulumi.warn(NOTHING_COMPARED if app is None else NOTHING_FOUND)
    if app is not None and (notes := [*notes_of_tests(app, billing, access)]):
        pulumi.info(_of_tests(notes))
    return settings, catalog, app


def refuse_ended_secrets(state: State) -> None:
    """Refuse to deploy secrets that may have expired.

    The rotation's own update may continue: it writes a valid one.

    Args:
        state: type and outputs of each resource.

    Raises:
        pulumi.RunError: an unfinished rotation may have left an expired secret in the state.
    """
    if rolls_out():
        return
    why = ended_meanwhile(state, pulumi.get_stack())
    if why is not None:
        raise pulumi.RunError(safe(why))


def _for_secrets_only(settings: Settings) -> tuple[Settings, Catalog, None]:
    """What an update needs that writes only rotated secrets.

    A push to the app's repository or a broken catalog must not stop a rotation: neither is
    written, so neither is judged.
    """
    write_secrets_only()
    try:
        return settings, load_catalog(Path(settings.catalog)), None
    except InputError as error:
        pulumi.log.warn(f"the catalog cannot be read: {error}")
        return settings, Catalog(currency="USD", features={}, plans={}), None


def refusals_of(settings: Settings, declared: DeclaredBilling, *, preview: bool) -> Iterator[str]:
    """Why billing is refused, as far as nothing else reports it in time."""
    if settings.components.billing and not preview:
        yield from billing_refusals(declared)


def asked_in_vain(
    settings: Settings, connection: Connection, declared: DeclaredBilling
) -> list[str]:
    """What production's code checks and neither the catalog nor the instance has.

    The billing provider checks this too, but an `up` that skips billing (`--target`, `--exclude`)
    does not call it. If everything is declared, nothing is sent.
    """
    if settings.instance != "production" or not undeclared_uses(declared):
        return []
    document = provider_session(connection).config(settings.application_id, settings.instance)
    try:
        return unknown_uses(declared, as_object(document.sections().get(SECTION), SECTION))
    except NotFound:
        return unknown_uses(declared, {})  # there is no instance yet, so it has nothing else
    except ClerkstackError as failure:
        return [f"what the app asks for cannot be checked on the instance: {failure}"]


def roles_in_vain(settings: Settings, connection: Connection, access: JsonObject) -> list[str]:
    """Roles and permissions that production's code checks and neither the settings nor the instance
    has.

    The roles provider checks this too, if the stack declares roles. If everything is declared,
    nothing is sent.
    """
    if settings.instance != "production" or not undeclared_access(access):
        return []
    if access.get("enabled") is False:
        return unknown_access(access, Access(on=False))
    try:
        place = (settings.application_id, settings.instance)
        with LiveInstance(provider_session(connection), place) as live:
            return unknown_access(access, live.access())
    except ClerkstackError as failure:
        return [f"what the app asks for cannot be checked on the instance: {failure}"]


def compared(app: AppCode | None) -> bool:
    """Whether the app's code has anything to compare with the catalog."""
    if app is None:
        return False
    return app.declaration is not None or any(use.kind in SOLD for use in app.uses)


def notes_of_tests(app: AppCode, declared: DeclaredBilling, access: JsonObject) -> Iterator[str]:
    """What the app's own tests check and nothing declares; each slug once."""
    known = together(sold_afterwards(declared), access_afterwards(access))
    seen: set[Asked] = set()
    for use in app.in_tests:
        asked_use: Asked = (use.kind, use.slug, use.payer)
        if asked_use not in seen and f"{use.kind}/{use.slug}" not in app.unmanaged:
            seen.add(asked_use)
            yield from filter(None, [unknown(asked_use, use.where, known, live=False)])


def _of_tests(notes: Sequence[str]) -> str:
    count, more = len(notes), len(notes) - NAMED
    lines = [f"  {note}" for note in notes[:NAMED]]
    if more > 0:
        lines.append(f"  and {more} more: bin/clerkstack check --stack {pulumi.get_stack()}")
    subject = "a slug that is" if count == 1 else f"{count} slugs that are"
    return "\n".join(
        [
            f"The app's own tests ask Clerk for {subject} not declared. This does not block; to "
            "check tests like other code, set clerkstack:app.tests:",
            *lines,
        ]
    )


def _progress(step: str) -> None:
    pulumi.log.debug(safe(step))


def _refused(problems: Sequence[str]) -> pulumi.RunError:
    lines = "\n".join(f"  {problem}" for problem in problems)
    return pulumi.RunError(
        safe(
            f"{counted(len(problems), 'problem')} in what this stack declares. Nothing was sent.\n"
            f"{lines}"
        )
    )
