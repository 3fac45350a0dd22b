"""Adopts a stack: reads what exists, decides what to write and take over, and does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clerkstack.adopt.billing import catalog_from, catalog_of, differing
from clerkstack.adopt.edits import edits, secret_paths
from clerkstack.adopt.into_state import take_over
from clerkstack.adopt.stack import NO_URL, Existing, foreign_keys, settled, unmanaged
from clerkstack.adopt.unmanaged_items import Unmanaged
from clerkstack.app.code import AppCode
from clerkstack.app.read import read_app
from clerkstack.backend import project_name
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import Catalog
from clerkstack.desired.access import access_inputs
from clerkstack.desired.afterwards import Access
from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import (
    app_disagreements,
    billing_refusals,
    unknown_access,
    unknown_uses,
)
from clerkstack.drift.compare import endpoint_of_stack, roles_of_stack
from clerkstack.files import replace_file
from clerkstack.handwritten.round_trip import REMOVED, edited_yaml, yaml_text
from clerkstack.kept_url import kept_url, same_url
from clerkstack.problems import ClerkstackError, InputError
from clerkstack.reconcile.billing import live_groups, slugs_of
from clerkstack.safe import hide, shown_url
from clerkstack.settings.load import load_settings, refuse_led_astray
from clerkstack.settings.misplaced import misplaced
from clerkstack.settings.models import Settings
from clerkstack.settings.names import PREFIX, VERCEL_TOKEN, config_value
from clerkstack.settings.source_map import SourceMap, spelled
from clerkstack.settings.variable_names import names_of
from clerkstack.state.backends import config_file
from clerkstack.state.cleaning import SECRET
from clerkstack.state.engine import export, pulumi
from clerkstack.state.known import Known
from clerkstack.state.model import State
from clerkstack.texts import text_of

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance


@dataclass(frozen=True)
class Adoption:
    """What to write and to take over."""

    settings: Settings
    there: Existing
    catalog: Catalog
    catalog_file: Path
    catalog_text: str | None  # None if the file has it already
    changed_settings: Mapping[tuple[str, ...], Any]
    left: Sequence[Unmanaged]
    foreign: Sequence[Unmanaged]
    secret: Collection[tuple[str, ...]] = ()  # of the changed settings
    app: AppCode | None = None
    state: State = field(default_factory=State)  # before

    @property
    def shown_settings(self) -> dict[tuple[str, ...], Any]:
        """Return the changed settings in a form that may be shown."""
        words = {**dict.fromkeys(self.secret, SECRET)}
        changed = self.changed_settings.items()
        words |= {path: "(removed)" for path, value in changed if value is REMOVED}
        return {path: words.get(path, value) for path, value in changed}


def adoption_of(
    stack: str,
    config: tuple[Mapping[str, str], Sequence[str]],
    catalog_file: Path | None,
    *,
    overwrite: bool,
    webhook: str | None,
    open_live: Callable[[Settings], LiveInstance],
    others: Callable[[str], Mapping[str, str]],
    progress: Callable[[str], None],
) -> Adoption:
    """Read what exists, and decide what to write.

    Args:
        stack: its name.
        config: its config, and its encrypted keys.
        catalog_file: the catalog to write, None for the stack's own.
        overwrite: whether a catalog file that differs may be replaced.
        webhook: the URL of the app's endpoint, if there are several.
        open_live: opens its instance, once the files are read; it stays open.
        others: the variables of other stacks in the backend: the stack by the variable's id.
        progress: gets each step of reading the app as it begins.

    Raises:
        InputError, ClerkstackError: it cannot be adopted as it is.
        ApiError, Unreachable, UnexpectedAnswer, ResourceFailed: a service failed.
    """
    raw, encrypted = config
    # Refuse now what the program would refuse once the files are written.
    unread = misplaced(raw, project_name(), SourceMap(config_file(stack), stack), stack)
    if problems := [each.problem for each in unread]:
        raise InputError(problems)
    plain = {key.removeprefix(PREFIX): config_value(value) for key, value in raw.items()}

    def load(values: Mapping[str, Any]) -> Settings:
        named = {
            key if key == VERCEL_TOKEN else f"{PREFIX}{key}": text_of(value)
            for key, value in values.items()
            if key == VERCEL_TOKEN or ":" not in key
        }
        # These are encrypted when they are written.
        also = [f"{PREFIX}{path[0]}" for path in secret_paths(values)]
        found = load_settings(named, stack=stack, encrypted=[*encrypted, *also])
        hide(found.secrets)
        return found

    wanted = {"appUrl": NO_URL, **plain}
    if catalog_file is not None:
        wanted["catalog"] = str(catalog_file)
    settings = load(wanted)
    refuse_led_astray(stack, settings)
    app = read_app(settings.app, settings.app_declaration, progress=progress)
    state = export(stack)
    file = Path(settings.catalog)
    live = open_live(settings)
    there = _existing(settings, live, Known.of(state), webhook)
    catalog, text, left = _catalog(file, live, overwrite=overwrite)
    elsewhere = others(stack) if settings.components.environment else {}
    wanted, more = settled(wanted, catalog, there, load, elsewhere)
    if wanted["appUrl"] == NO_URL:
        raise ClerkstackError(
            f"No variable {' or '.join(names_of('app_url'))} of the deployed target has the "
            f"app's URL. Set it: pulumi config set --stack {stack} {PREFIX}appUrl https://…"
        )
    settings = load(wanted)
    left = [*left, *more, *unmanaged(settings, there)]
    changed = edits(plain, wanted)
    secret = {*secret_paths(wanted)}
    if f"{PREFIX}webhook" in encrypted:
        secret.add(("webhook", "url"))
    secret = {path for path in secret & {*changed} if changed[path] is not REMOVED}
    foreign = foreign_keys(settings, there) if settings.components.environment else []
    return Adoption(
        settings, there, catalog, file, text, changed, left, foreign, frozenset(secret), app, state
    )


def _existing(
    settings: Settings, live: LiveInstance, known: Known, webhook: str | None
) -> Existing:
    """Return what exists, and which endpoint is the app's.

    Args:
        settings, known: what the stack declares, and what its state knows.
        live: the instance.
        webhook: the URL of the app's endpoint, as the option has it.
    """
    if live.found() is None:
        raise ClerkstackError(
            f"The application {settings.application_id} has no {settings.instance} instance to "
            "adopt. Check clerkstack:applicationId and clerkstack:instance."
        )
    roles = roles_of_stack(settings, live, known)
    endpoints = live.endpoints() if settings.components.webhook else ()
    there = [e for e in endpoints if webhook is None or same_url(e.url, webhook)]
    if webhook is not None and not there:
        # In the form that this command shows: without its query.
        shown = shown_url(kept_url(webhook))
        there = [e for e in endpoints if shown_url(kept_url(e.url)) == shown]
    if webhook is not None and not there:
        names = ", ".join(shown_url(e.url) for e in endpoints) or "none"
        raise ClerkstackError(f"The instance has no webhook endpoint {webhook}. It has: {names}.")
    endpoint = endpoint_of_stack(settings, live, known) if there else None
    if endpoint not in there and len(there) > 1:
        urls = "\n".join(f"  {endpoint.url}" for endpoint in there)
        raise ClerkstackError(
            "The instance has several webhook endpoints. Name the app's endpoint with "
            f"--webhook:\n{urls}"
        )
    if endpoint not in there:
        endpoint = there[0] if there else None
    others = tuple(each for each in endpoints if each != endpoint)
    return Existing(live, known, endpoint, others, roles)


def _catalog(
    file: Path, live: LiveInstance, *, overwrite: bool
) -> tuple[Catalog, str | None, list[Unmanaged]]:
    """Return the catalog, the text to write for it, and what it cannot express."""
    section = live.section("billing")
    if file.exists() and not overwrite:
        catalog = load_catalog(file)
        changes = differing(catalog, section)
        if not changes:
            undeclared = [
                Unmanaged(f"{kind} {slug}", f"{file} does not declare it")
                for kind, there in (("plan", "plans"), ("feature", "features"))
                for slug in slugs_of(live_groups(section), there)
                if slug not in getattr(catalog, there)
            ]
            return catalog, None, undeclared
        shown = "\n".join(f"  {change}" for change in changes)
        raise ClerkstackError(
            f"{file} exists and differs from the instance (live → {file}):\n{shown}\n"
            "Nothing was changed. Write another file with --catalog, replace this one with "
            "--overwrite, or correct it."
        )
    document, left = catalog_of(section)
    return catalog_from(document), yaml_text(document), left


def refusals_of(found: Adoption) -> Iterator[str]:
    """Yield the reasons for which the program would refuse the stack; if any, nothing is
    written."""
    settings, live = found.settings, found.there.live.section("billing")

    file = str(found.catalog_file)
    if settings.components.billing:
        for why in billing_refusals(declared_billing(settings, found.catalog, catalog_file=file)):
            yield f"{why} Change it in the dashboard, then adopt."
    if settings.instance != "production":
        return
    asked = declared_billing(settings, found.catalog, found.app, catalog_file=file)
    access = access_inputs(settings, found.app)
    roles = found.there.roles.roles
    held = Access({role.key: {permission.key for permission in role.permissions} for role in roles})
    for why in (
        *app_disagreements(asked),
        *unknown_uses(asked, live),
        # Roles are not read if the stack declares none.
        *(unknown_access(access, held) if access.get("enabled") else ()),
    ):
        yield (
            f"{why}. Correct the app's code or the instance, then adopt; or write a catalog "
            "of what the app sells: adopt leaves everything else unmanaged."
        )


def written(stack: str, found: Adoption, report: Callable[[str], None]) -> list[str]:
    """Write the files and take over; return the names of the resources that are now in the state.

    Args:
        stack: its name.
        found: what to write.
        report: called with each step.
    """
    with _files_as_they_were(stack, found, report):
        _write(stack, found)
        return take_over(stack, found.settings, found.there, found.state, report)


@contextmanager
def _files_as_they_were(
    stack: str, found: Adoption, report: Callable[[str], None]
) -> Iterator[None]:
    """Restore the files if this block fails before anything is in the state."""
    files = (found.catalog_file, config_file(stack))
    before = {file: file.read_bytes() if file.exists() else None for file in files}
    try:
        yield
    except ClerkstackError:
        if export(stack).entries == found.state.entries:
            for file, was in before.items():
                if was is not None:
                    file.write_bytes(was)
                else:
                    file.unlink(missing_ok=True)
            report("Nothing was added to the state; the files are unchanged.")
        raise


def _write(stack: str, found: Adoption) -> None:
    """Write the files, each atomically.

    Raises:
        ClerkstackError: a file cannot be read or written.
    """
    file = found.catalog_file
    try:
        if found.catalog_text is not None:
            of = f"the {found.settings.instance} instance of {found.settings.application_id}"
            head = f"# Plans and features of {of}. Amounts are cents a month.\n"
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, head + found.catalog_text)
        if plain := {p: v for p, v in found.changed_settings.items() if p not in found.secret}:
            file = config_file(stack)
            changes = {
                ("config", f"{PREFIX}{first}", *rest): value
                for (first, *rest), value in plain.items()
            }
            replace_file(file, edited_yaml(file.read_text(encoding="utf-8"), changes))
    except OSError as error:
        raise ClerkstackError(
            f"{file}: {error.strerror}. Run this in the folder that contains it."
        ) from None
    for path in found.secret:
        key = f"{PREFIX}{spelled(path)}"
        words = ("config", "set", "--stack", stack, "--secret", "--path", key)
        pulumi(*words, given=found.changed_settings[path])
