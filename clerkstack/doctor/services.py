"""Checks of a stack's services: Clerk, Svix, Vercel, and the app that runs there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from clerkstack.catalog.load import load_catalog
from clerkstack.checks.finding import Finding
from clerkstack.desired.billing import declared_billing
from clerkstack.desired.refusals import asks_for_a_card, payer_refusals
from clerkstack.desired.secret_kinds import variables_of
from clerkstack.doctor.model import Check, failed, of_failure, ok, together, warning
from clerkstack.premises.config_shape import unfamiliar
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.billing import SECTION
from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.stacks import held_by

if TYPE_CHECKING:
    from clerkstack.doctor.stack import Patient
    from clerkstack.settings.projects import Project

SECONDS_APART = 60.0
"""The most seconds that two clocks may differ: tokens and signatures allow minutes, and the
difference grows."""


def platform_key(patient: Patient) -> Finding:
    """The platform key works, and the application has the instance."""
    settings = patient.settings
    instance = patient.live.found()
    if instance is None:
        return failed(
            f"{settings.application_id} has no {settings.instance} instance",
            "Create it in the dashboard, or let the stack create it: clerkstack:production.create",
        )
    if instance.secret_key is None and settings.secret_key is None:
        return failed(
            "it does not show the instance's keys",
            "The platform key needs the scope applications:manage",
        )
    return ok(f"it sees {instance.instance_id}")


def config(patient: Patient) -> Finding:
    """This project knows every section and field of the config."""
    sections = patient.live.sections()
    odd = list(unfamiliar(sections))
    if odd:
        return warning(
            f"unknown to clerkstack: {', '.join(odd)}",
            "Clerk's config has changed: check for a newer version of this project, and run "
            f"bin/clerkstack probe --stack {patient.name}",
        )
    return ok(f"{len(sections)} sections, all known")


def billing(patient: Patient) -> Finding:
    """Production's free trials ask for no card, and the declared plans have their payers."""
    settings = patient.settings
    if settings.instance != "production":
        return ok("checked only in production")
    live = patient.live.section(SECTION)
    if asks_for_a_card(live):
        remedy = f"pulumi up --refresh --stack {patient.name} turns it off"
        if not settings.components.billing:
            remedy = "Turn it off on the dashboard page Billing → Settings"
        return failed("free trials ask for a payment method", remedy)
    if not settings.components.billing:
        return ok("this stack declares no billing; free trials ask for no payment method")
    catalog = load_catalog(Path(settings.catalog))
    wrong = list(payer_refusals(declared_billing(settings, catalog), live))
    if wrong:
        return failed("; ".join(wrong), "Give it another slug: a plan's payer cannot change")
    return ok("free trials ask for no payment method, every plan has its payer")


def secret_key(patient: Patient) -> Finding:
    """The app's key is valid, and belongs to this instance."""
    settings = patient.settings
    patient.live.verify()
    key = settings.secret_key or patient.known.secrets.get("clerk")
    if key is None:
        return failed("the state has no secret key", f"pulumi up --refresh --stack {patient.name}")
    actual = patient.live.session.instance_of(key)
    if actual != patient.known.instance_id:
        return failed(
            f"it is a key of {actual}, but the stack manages {patient.known.instance_id}",
            "pulumi config rm clerkstack:secretKey, then pulumi up",
        )
    return ok(f"{fingerprint(key)} is valid")


def newest_key(patient: Patient) -> Finding:
    """Nobody rotated the key by hand."""
    instance = patient.live.found()
    shown = instance.secret_key if instance else None
    known = patient.known.secrets.get("clerk")
    if shown is None or known is None or shown == known or patient.settings.secret_key is not None:
        return ok("Clerk shows the same key as the state")
    return warning(
        f"Clerk shows {fingerprint(shown)}, the state has {fingerprint(known)}",
        f"If it was rotated in the dashboard: pulumi up --refresh --stack {patient.name}",
    )


def clock(patient: Patient) -> Finding:
    """This machine's clock is right: signatures and tokens contain the time."""
    clerks_time = patient.live.server_time()
    if clerks_time is None:
        return ok("Clerk's answers have no time")
    ahead = (datetime.now(UTC) - clerks_time).total_seconds()
    message = f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} Clerk's"
    if abs(ahead) > SECONDS_APART:
        return failed(message, "Synchronize this machine's clock (NTP)")
    return ok(message)


def webhook(patient: Patient) -> Finding:
    """The endpoint exists, and signs with the app's secret."""
    if not patient.settings.components.webhook:
        return ok("this stack declares none")
    live, again = patient.live, f"pulumi up --refresh --stack {patient.name}"
    if live.svix() is None:
        return failed("the instance has no Svix app", again)
    known = patient.known.endpoint_id
    endpoint = next((candidate for candidate in live.endpoints() if candidate.id == known), None)
    if endpoint is None:
        return failed(f"the endpoint {known} is gone", again)
    if endpoint.disabled:
        return failed(
            f"{endpoint.url} is disabled", "Enable it: dashboard page Webhooks, the endpoint"
        )
    secret = SecretStr(live.signing_secret(endpoint.id))
    if secret != patient.known.secrets.get("webhook"):
        return warning(
            f"it signs with {fingerprint(secret)}, but the state has another one",
            f"If it was rotated in the dashboard: {again}",
        )
    return ok(f"{endpoint.url}, signed with {fingerprint(secret)}")


def vercel(patient: Patient) -> Finding:
    """The token sees each project, and something is deployed."""
    settings = patient.settings
    if not settings.components.environment:
        return ok("this stack declares no variables")
    return together(
        (project.prefix, _at_vercel(patient, project)) for project in settings.vercel_projects
    )


def _at_vercel(patient: Patient, declared: Project) -> Finding:
    target = declared.deployed
    try:
        project = patient.live.vercel_project(declared)
        newest = patient.live.deployment(declared, target, project.id) if target else None
    except ClerkstackError as error:
        return of_failure(error)
    if target is None:
        return ok(f"{project.name}: its deployments have no variables of this stack")
    if newest is None:
        return warning(f"{project.name} has no {target} deployment", "Deploy the app at Vercel")
    return ok(f"{project.name}, {target} deployment {newest.id}")


def app(patient: Patient) -> Finding:
    """Each app answers, and uses the secrets in the state."""
    deployed = [project for project in patient.settings.vercel_projects if project.deployed]
    if not deployed:
        return ok("no deployment has variables of this stack")
    return together((project.prefix, _app_of(patient, project)) for project in deployed)


def _app_of(patient: Patient, project: Project) -> Finding:
    from clerkstack.clients.health import HealthClient

    settings = patient.settings
    try:
        with HealthClient(base_url=project.app_url) as client:
            health = client.health(settings.rotation.health_path)
    except ClerkstackError as error:
        return of_failure(error)  # the other apps are still checked
    deployment = f"deployment {health.deployment}" if health.deployment else "it"
    if not settings.rotation.fingerprints:
        return ok(f"{deployment} answers")
    other = list(_other(patient, project, health.fingerprints or {}))
    if other:
        team = f" --team {project.team_id}" if project.team_id else ""
        return failed(
            f"{deployment} runs with secrets that differ from the state: {', '.join(other)}",
            f"bin/clerkstack redeploy --project {project.project_id} --target {project.deployed}"
            f"{team}; what the app must report: docs/rotation.md",
        )
    return ok(f"{deployment} runs with the state's secrets")


def _other(patient: Patient, project: Project, reported: dict[str, str]) -> Iterator[str]:
    for kind in held_by(project, patient.settings.vercel_projects, patient.known.secrets):
        secret, names = patient.known.secrets[kind], variables_of(kind, project.names)
        known = [name for name in names if name in reported]
        if not known:
            yield f"{' or '.join(names)} (not reported)"
        yield from (name for name in known if reported[name] != fingerprint(secret))


CHECKS = (
    Check("platform key", platform_key, ("settings",)),
    Check("config", config, ("platform key",)),
    Check("billing", billing, ("config", "state")),
    Check("secret key", secret_key, ("settings", "state")),
    Check("newest secret key", newest_key, ("platform key", "state")),
    Check("clock", clock, ("platform key",)),
    Check("webhook", webhook, ("platform key", "state")),
    Check("vercel", vercel, ("settings",)),
    Check("app", app, ("settings", "state")),
)
