"""What the Pulumi program reads before it declares anything: settings, catalog, app."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from clerkstack.app.asked import Asked, unknown
from clerkstack.app.code import AppCode
from clerkstack.app.kinds import SOLD
from clerkstack.app.read import read_app
from clerkstack.catalog import Catalog, load_catalog
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
from clerkstack.live.instance import LiveInstance
from clerkstack.live.session import session_for
from clerkstack.problems import ClerkstackError, InputError, Problem
from clerkstack.reconcile.billing import SECTION, DeclaredBilling
from clerkstack.reconcile.changes import JsonObject, object_at
from clerkstack.rotation.hooks import write_secrets_only
from clerkstack.rotation.rolling_out import rolls_out
from clerkstack.rotation.unfinished import ended_meanwhile
from clerkstack.safe import hide, safe
from clerkstack.settings import (
    PREFIX,
    AppSettings,
    Connection,
    Settings,
    load_connection,
    load_settings,
    problems_of,
)
from clerkstack.settings.vercel_plugin import led_astray
from clerkstack.state.model import State

NAMED = 5
"""As many places as a message names."""
NOTHING_COMPARED = (
    "This stack does not name the app's code, so nothing has checked that the plans and features "
    "it asks for exist: a slug that differs answers false for everybody, without an error. Set "
    "clerkstack:app.path or clerkstack:app.git. See docs/app.md"
)
NOTHING_FOUND = (
    "The code that clerkstack:app names asks Clerk for nothing, and no declaration of its plans "
    "is set, so nothing was compared. Set it to the code of the deployed app, or set "
    "clerkstack:app.declaration. See docs/app.md"
)
CATALOG_KEY, APP_KEY = f"{PREFIX}catalog", f"{PREFIX}appDeclaration"
DEFAULT_CATALOG: str = Settings.model_fields["catalog"].default


def load_deployment() -> tuple[Settings, Catalog, AppCode | None]:
    """Settings of the stack, the catalog and what the app's code says, all validated.

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
    # The other files are read even where the settings are wrong: all mistakes are told at once.
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
    # At preview the policy pack and the provider say it, resource by resource. An `up` that
    # skipped its preview must not begin: what comes before billing would be changed already.
    preview = pulumi.runtime.is_dry_run()
    billing = declared_billing(settings, catalog, app)
    refusals = list(refusals_of(settings, billing, preview=preview))
    access = access_inputs(settings, app)
    if not preview and not refusals and settings.components.billing:
        refusals = asked_in_vain(settings, load_connection(raw), billing)
    if not settings.components.billing and settings.instance == "production":
        from clerkstack.without_billing import refusals_without_billing

        refusals += refusals_without_billing(settings, raw, billing.app, preview=preview)
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
    """See that the state was not left with a secret that no longer counts; `state` are type and
    outputs of each resource. The rotation's own update may go on: it brings one that does.

    Raises:
        pulumi.RunError: it may have been, by a rotation that did not get to its end.
    """
    if rolls_out():
        return
    why = ended_meanwhile(state, pulumi.get_stack())
    if why is not None:
        raise pulumi.RunError(safe(why))


def _for_secrets_only(settings: Settings) -> tuple[Settings, Catalog, None]:
    """What an update needs that writes rotated secrets and nothing else.

    Nobody may be locked out because somebody pushed to the app's repository, or broke the catalog:
    neither is written, so neither is judged.
    """
    write_secrets_only()
    try:
        return settings, load_catalog(Path(settings.catalog)), None
    except InputError as error:
        pulumi.log.warn(f"the catalog cannot be read: {error}")
        return settings, Catalog(currency="USD", features={}, plans={}), None


def refusals_of(settings: Settings, declared: DeclaredBilling, *, preview: bool) -> Iterator[str]:
    """Why billing is not deployed, where nobody else would say it, or not in time."""
    if settings.components.billing and not preview:
        yield from billing_refusals(declared)


def asked_in_vain(
    settings: Settings, connection: Connection, declared: DeclaredBilling
) -> list[str]:
    """What production's code asks for and neither the catalog nor the instance has.

    The provider of billing looks as well; an `up` that leaves billing aside (`--target`,
    `--exclude`) does not ask it. Where everything is declared nothing is sent.
    """
    if settings.instance != "production" or not undeclared_uses(declared):
        return []
    document = session_for(connection).config(settings.application_id, settings.instance)
    try:
        return unknown_uses(declared, object_at(document.sections(), SECTION))
    except NotFound:
        return unknown_uses(declared, {})  # there is no instance yet: nothing else is on it
    except ClerkstackError as failure:
        return [f"what the app asks for cannot be checked on the instance: {failure}"]


def roles_in_vain(settings: Settings, connection: Connection, access: JsonObject) -> list[str]:
    """What production's code asks for of roles and permissions, and neither the settings nor the
    instance has.

    The provider of the roles looks as well, where the stack declares some. Where everything that
    is asked for is declared nothing is sent.
    """
    if settings.instance != "production" or not undeclared_access(access):
        return []
    if access.get("enabled") is False:
        return unknown_access(access, Access(on=False))
    try:
        place = (settings.application_id, settings.instance)
        with LiveInstance(session_for(connection), place) as live:
            return unknown_access(access, live.access())
    except ClerkstackError as failure:
        return [f"what the app asks for cannot be checked on the instance: {failure}"]


def compared(app: AppCode | None) -> bool:
    """Whether there is anything of the app's code to compare the catalog with."""
    if app is None:
        return False
    return app.declaration is not None or any(use.kind in SOLD for use in app.uses)


def notes_of_tests(app: AppCode, declared: DeclaredBilling, access: JsonObject) -> Iterator[str]:
    """What the app's own tests ask for and nobody declares; each slug once."""
    known = together(sold_afterwards(declared), access_afterwards(access))
    seen: set[Asked] = set()
    for use in app.in_tests:
        asked: Asked = (use.kind, use.slug, use.payer)
        if asked not in seen and f"{use.kind}/{use.slug}" not in app.unmanaged:
            seen.add(asked)
            yield from filter(None, [unknown(asked, use.where, known, live=False)])


def _of_tests(notes: Sequence[str]) -> str:
    count, more = len(notes), len(notes) - NAMED
    lines = [f"  {note}" for note in notes[:NAMED]]
    if more > 0:
        lines.append(f"  and {more} more: bin/clerkstack check --stack {pulumi.get_stack()}")
    what = "a slug that is" if count == 1 else f"{count} slugs that are"
    return "\n".join(
        [
            f"The app's own tests ask Clerk for {what} not declared. This does not block; to "
            "check tests like other code, set clerkstack:app.tests:",
            *lines,
        ]
    )


def _progress(step: str) -> None:
    pulumi.log.debug(safe(step))


def _refused(problems: Sequence[str]) -> pulumi.RunError:
    count = len(problems)
    lines = "\n".join(f"  {problem}" for problem in problems)
    return pulumi.RunError(
        safe(
            f"{count} {'problem' if count == 1 else 'problems'} in what this stack declares. "
            f"Nothing was sent.\n{lines}"
        )
    )
