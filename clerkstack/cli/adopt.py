"""`clerkstack adopt`: take over an instance that people set up by hand, without changing it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkstack.adopt import (
    Existing,
    Unmanaged,
    catalog_from,
    catalog_of,
    differing,
    foreign_keys,
    settled,
    unmanaged,
)
from clerkstack.adopt.edits import edits, secret_paths
from clerkstack.adopt.into_state import take_over
from clerkstack.adopt.stack import NO_URL
from clerkstack.app.code import AppCode
from clerkstack.app.read import read_app
from clerkstack.backend import project_name
from clerkstack.catalog import Catalog, load_catalog
from clerkstack.cli.exits import FOUND
from clerkstack.cli.others import variables_of_others
from clerkstack.cli.remote import live_of, progress, reading
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import refuse_led_astray, stack_config
from clerkstack.desired.access import access_inputs
from clerkstack.desired.afterwards import Access
from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import (
    app_disagreements,
    billing_refusals,
    unknown_access,
    unknown_uses,
)
from clerkstack.drift import endpoint_of_stack, roles_of_stack
from clerkstack.files import replace_file
from clerkstack.handwritten.round_trip import REMOVED, edited_yaml, yaml_text
from clerkstack.kept_url import kept_url, same_url
from clerkstack.problems import ClerkstackError, InputError
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.taken import LEAVE_ALONE, OVERWRITE
from clerkstack.review.cleaning import SECRET
from clerkstack.safe import hide, shown_url
from clerkstack.settings import (
    PREFIX,
    VERCEL_TOKEN,
    Settings,
    config_value,
    load_settings,
)
from clerkstack.settings.misplaced import misplaced
from clerkstack.settings.source_map import SourceMap, spelled
from clerkstack.settings.variable_names import names_of
from clerkstack.state.engine import export, pulumi
from clerkstack.state.known import Known
from clerkstack.state.model import State

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.report.operations import AdoptDocument


@dataclass(frozen=True)
class Adoption:
    """What is to be written and taken over."""

    settings: Settings
    there: Existing
    catalog: Catalog
    catalog_file: Path
    catalog_text: str | None  # None: the file says it already
    changed_settings: Mapping[tuple[str, ...], Any]
    left: Sequence[Unmanaged]
    foreign: Sequence[Unmanaged]
    secret: Collection[tuple[str, ...]] = ()  # of the changed settings
    app: AppCode | None = None
    state: State = field(default_factory=State)  # before

    @property
    def shown_settings(self) -> dict[tuple[str, ...], Any]:
        """The changed settings as they may be shown."""
        words = {**dict.fromkeys(self.secret, SECRET)}
        changed = self.changed_settings.items()
        words |= {path: "(removed)" for path, value in changed if value is REMOVED}
        return {path: words.get(path, value) for path, value in changed}


def adopt(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to adopt for.")],
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog file to write. Default: the stack's own.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a catalog file that differs.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Option(help="URL of the endpoint to adopt, if there are several.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be written and adopted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Adopt a live deployment that was made by hand, without changing it.

    Writes its catalog and settings to files and its resources to the state. Changes nothing at
    Clerk, Svix or Vercel.

    The stack needs clerkstack:instance, applicationId, platformKey, environment.projectId and
    vercel:apiToken; everything else is read. What the catalog and the settings cannot express stays
    unmanaged and is listed. After an interruption, run it again: it continues.

    Exit codes: 0 adopted, 1 it cannot be adopted as it is, or a variable holds another instance's
    key, 2 bad input, 3 a service failed.
    """
    with ExitStack() as opened:
        found = _adoption(stack, catalog, opened, overwrite=overwrite, webhook=webhook)
        taken = _taken(stack, found, dry_run=dry_run)
    if as_json:
        say(_document(stack, found, taken).text())
    else:
        _print(stack, found, taken, dry_run=dry_run)
    if found.foreign:
        raise typer.Exit(FOUND)


def _taken(stack: str, found: Adoption, *, dry_run: bool) -> list[str]:
    """Write and take over; the names of what came into the state."""
    refusals = list(_refusals(found))
    for refusal in refusals:
        say(f"error: {refusal}", err=True)
    if refusals:
        raise typer.Exit(FOUND)
    if dry_run:
        return []
    with _files_as_they_were(stack, found):
        _write(stack, found)
        return take_over(stack, found.settings, found.there, found.state, report)


def _adoption(
    stack: str,
    catalog_file: Path | None,
    opened: ExitStack,
    *,
    overwrite: bool,
    webhook: str | None,
) -> Adoption:
    raw, encrypted = stack_config(stack)
    # What the program would refuse once the files are written is refused before.
    unread = misplaced(raw, project_name(), SourceMap(_stack_file(stack), stack), stack)
    if problems := [each.problem for each in unread]:
        raise InputError(problems)
    config = {key.removeprefix(PREFIX): config_value(value) for key, value in raw.items()}

    def load(values: Mapping[str, Any]) -> Settings:
        named = {
            key if key == VERCEL_TOKEN else f"{PREFIX}{key}": _text(value)
            for key, value in values.items()
            if key == VERCEL_TOKEN or ":" not in key
        }
        # What is written as a secret is encrypted then.
        also = [f"{PREFIX}{path[0]}" for path in secret_paths(values)]
        found = load_settings(named, stack=stack, encrypted=[*encrypted, *also])
        hide(found.secrets)
        return found

    wanted = {"appUrl": NO_URL, **config}
    if catalog_file is not None:
        wanted["catalog"] = str(catalog_file)
    settings = load(wanted)
    refuse_led_astray(stack, settings)
    app = read_app(settings.app, settings.app_declaration, progress=progress)
    state = export(stack)
    file = Path(settings.catalog)
    with reading():
        live = opened.enter_context(live_of(settings))
        there = _existing(settings, live, Known.of(state), webhook)
        catalog, text, left = _catalog(file, live, overwrite=overwrite)
        elsewhere = variables_of_others(stack) if settings.components.environment else {}
        wanted, more = settled(wanted, catalog, there, load, elsewhere)
    if wanted["appUrl"] == NO_URL:
        raise ClerkstackError(
            f"No variable {' or '.join(names_of('app_url'))} of the deployed target has the "
            f"app's URL. Set it: pulumi config set --stack {stack} {PREFIX}appUrl https://…"
        )
    settings = load(wanted)
    left = [*left, *more, *unmanaged(settings, there)]
    changed = edits(config, wanted)
    secret = {*secret_paths(wanted)}
    if f"{PREFIX}webhook" in encrypted:
        secret.add(("webhook", "url"))
    secret = {path for path in secret & {*changed} if changed[path] is not REMOVED}
    with reading():
        foreign = foreign_keys(settings, there) if settings.components.environment else []
    return Adoption(
        settings, there, catalog, file, text, changed, left, foreign, frozenset(secret), app, state
    )


def _existing(
    settings: Settings, live: LiveInstance, known: Known, webhook: str | None
) -> Existing:
    """What there is, and which endpoint is the app's.

    Args:
        settings, known: what the stack declares, and what its state knows.
        live: the instance.
        webhook: the URL of the app's endpoint, as the option has it.
    """
    if live.found() is None:
        raise ClerkstackError(
            f"The application {settings.application_id} has no {settings.instance} instance: "
            "there is nothing to adopt."
        )
    roles = roles_of_stack(settings, live, known)
    endpoints = live.endpoints() if settings.components.webhook else ()
    there = [e for e in endpoints if webhook is None or same_url(e.url, webhook)]
    if webhook is not None and not there:
        # As this command shows it: without its query.
        shown = shown_url(kept_url(webhook))
        there = [e for e in endpoints if shown_url(kept_url(e.url)) == shown]
    if webhook is not None and not there:
        raise ClerkstackError(f"The instance has no webhook endpoint {webhook}.")
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
    """The catalog, the text to write for it, and what it cannot say."""
    section = object_at(live.sections(), "billing")
    if file.exists() and not overwrite:
        catalog = load_catalog(file)
        changes = differing(catalog, section)
        if not changes:
            undeclared = [
                Unmanaged(f"{kind} {slug}", f"{file} does not declare it")
                for kind, there in (("plan", "plans"), ("feature", "features"))
                for slug in object_at(section, there)
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


def _refusals(found: Adoption) -> Iterator[str]:
    """Why the stack would be refused as it is: nothing is written then."""
    settings, live = found.settings, object_at(found.there.live.sections(), "billing")

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
        # Those of a stack that declares none are not read.
        *(unknown_access(access, held) if access.get("enabled") else ()),
    ):
        yield (
            f"{why}. Correct the app's code or the instance, then adopt; or write a catalog "
            "of what the app sells: adopt leaves everything else unmanaged."
        )


@contextmanager
def _files_as_they_were(stack: str, found: Adoption) -> Iterator[None]:
    """Write and take over inside; where that fails before anything is in the state, the files are
    put back."""
    files = (found.catalog_file, _stack_file(stack))
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
            say("Nothing was added to the state; the files are unchanged.", err=True)
        raise


def _stack_file(stack: str) -> Path:
    return Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml")


def _write(stack: str, found: Adoption) -> None:
    """Write the files, each in one move.

    Raises:
        ClerkstackError: one cannot be read or written.
    """
    file = found.catalog_file
    try:
        if found.catalog_text is not None:
            of = f"the {found.settings.instance} instance of {found.settings.application_id}"
            head = f"# Plans and featuresof {of}. Amounts are cents a month.\n"
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, head + found.catalog_text)
        if plain := {p: v for p, v in found.changed_settings.items() if p not in found.secret}:
            file = _stack_file(stack)
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


def _document(stack: str, found: Adoption, taken: Sequence[str]) -> AdoptDocument:
    from clerkstack.report.operations import AdoptDocument

    return AdoptDocument(
        stack=stack,
        application=found.settings.application_id,
        instance=found.settings.instance,
        catalog=str(found.catalog_file) if found.catalog_text is not None else None,
        plans=tuple(found.catalog.plans),
        features=tuple(found.catalog.features),
        settings={".".join(path): value for path, value in found.shown_settings.items()},
        resources=tuple(taken),
        left_alone=tuple(found.left),
        foreign_keys=tuple(found.foreign),
    )


def _print(stack: str, found: Adoption, taken: Sequence[str], *, dry_run: bool) -> None:
    plans, features = len(found.catalog.plans), len(found.catalog.features)
    would = "would be " if dry_run else ""
    if found.catalog_text is not None:
        say(f"{found.catalog_file}: {would}written, {plans} plans, {features} features")
    for path, value in found.shown_settings.items():
        say(f"{PREFIX}{'.'.join(path)}: {would}{json.dumps(value, ensure_ascii=False)}")
    if found.left:
        say("Unmanaged:")
    for each in found.left:
        say(f"  {each.thing}: {each.why}")
    if found.foreign:
        say("Keys of another instance; the app does not use this instance there:")
    for each in found.foreign:
        say(f"  {each.thing}: {each.why}")
    if dry_run:
        say(f"{stack}: nothing was written.")
        return
    if found.foreign:
        say(
            f"{stack}: {len(taken)} resources adopted, nothing changed. To put this "
            f"instance's keys into these variables, remove them from {LEAVE_ALONE}, add them "
            f"to {OVERWRITE}, and run bin/clerkstack take-over --stack {stack}"
        )
        return
    say(f"{stack}: {len(taken)} resources adopted, nothing changed, no difference left.")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
