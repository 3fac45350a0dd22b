"""The judges of the checklist's eight points, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from clerkstack.app.kinds import KINDS, SOLD
from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import Comparison, compare
from clerkstack.comparison.instance import Instance
from clerkstack.cutover.app_code import code_facts
from clerkstack.cutover.catalog import app_facts, catalog_facts
from clerkstack.cutover.model import fact, failed, not_checked, of_facts, same
from clerkstack.cutover.read import TARGET, Readings
from clerkstack.desired.access import access_inputs
from clerkstack.desired.afterwards import Access
from clerkstack.desired.billing import billing_inputs
from clerkstack.desired.refusals import asks_for_a_card
from clerkstack.desired.variables import takes_no_events
from clerkstack.drift.compare import roles_of_stack
from clerkstack.hosts import PUBLIC, host_of, is_below, is_public, reach
from clerkstack.kept_url import same_url
from clerkstack.parity.entities import OAUTH, needs_of_production, of_config
from clerkstack.reconcile.api_keys import FEATURE, ORGANIZATIONS, SWITCHES, needed_switches
from clerkstack.reconcile.roles import LiveRoles
from clerkstack.safe import shown_url
from clerkstack.settings.keys import instance_of_key
from clerkstack.settings.variable_names import names_of

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project

YES, NO = "on", "off"


def live_keys(readings: Readings) -> Finding:
    """The instance is production's, and its keys are live ones."""
    instance = readings.live.instance()
    secret = readings.settings.secret_key or instance.secret_key
    of_secret = instance_of_key(secret.get_secret_value()) if secret else None
    of_public = instance_of_key(readings.live.publishable_key or "")
    facts = [
        same("instance", TARGET, instance.environment_type),
        same("publishable key", "pk_live_…", _form("pk", of_public)),
        same("secret key", "sk_live_…", _form("sk", of_secret)),
    ]
    environment = readings.live.environment()
    facts.append(
        same("public environment", TARGET, environment.display_config.instance_environment_type)
    )
    if environment.auth_config.test_mode is not None:
        facts.append(same("test mode", NO, _switch(environment.auth_config.test_mode)))
    for project in readings.projects:
        facts += _keys_at_vercel(readings, project)
    return of_facts(
        facts,
        well="the production instance, with live keys, and the app uses them",
        otherwise="not live",
        remedy="Run pulumi up on this stack: it writes the production instance's keys to Vercel. "
        "Test mode is a switch on the dashboard page Settings.",
    )


def _keys_at_vercel(readings: Readings, project: Project) -> Iterator[Finding]:
    for name in names_of("publishable_key", project.names):
        public, shown = readings.variable(project, name), f"{project.prefix}{name}"
        if public is not None and public != "":
            right = public == readings.live.publishable_key
            found = "the instance's key" if right else "another key"
            yield fact(shown, "the instance's key", found, right)
        else:
            # If all variables are sensitive, nobody can read their values.
            there = "exists, not readable" if public == "" else "missing"
            yield fact(shown, "the instance's key", there, public == "")
    for name in names_of("secret_key", project.names):
        kept = readings.variable(project, name) is not None
        yield fact(f"{project.prefix}{name}", "there", "there" if kept else "missing", kept)


def _reached(what: str, url: str, settings: Settings) -> Finding:
    domain = settings.production.domain
    return fact(what, PUBLIC, reach(url, domain), is_public(url, domain))


def webhook(readings: Readings) -> Finding:
    """The stack's endpoint is at the production URL, enabled, with every event and its secret at
    Vercel."""
    settings = readings.settings
    endpoint = readings.endpoint()
    if endpoint is None:
        return failed(
            f"no endpoint at {shown_url(settings.webhook_url)}",
            "Run pulumi up on this stack: it creates the endpoint.",
        )
    host = host_of(endpoint.url)
    left_out = readings.left_out()
    there = endpoint.event_types
    wanted = [event for event in settings.webhook.events if event not in left_out]
    without = f", without {', '.join(left_out)}, which Svix does not offer" if left_out else ""
    missing = sorted(set(wanted) - set(there)) if there is not None else []
    facts = [
        fact(
            "URL",
            shown_url(settings.webhook_url),
            shown_url(endpoint.url),
            same_url(endpoint.url, settings.webhook_url),
        ),
        _reached("reachable address", endpoint.url, settings),
        same("endpoint", YES, _switch(not endpoint.disabled)),
        fact(
            "events",
            f"all {len(wanted)}",
            f"missing: {', '.join(missing)}" if missing else f"all {len(wanted)}{without}",
            not missing,
        ),
    ]
    for other in readings.live.endpoints():
        if (
            other.id != endpoint.id
            and not other.disabled
            and not is_public(other.url, settings.production.domain)
        ):
            where = shown_url(other.url)
            facts.append(fact("another endpoint", "none with a wrong address", where, right=None))
    facts += [
        _secret_variable(readings, project, name)
        for project in readings.projects
        if not takes_no_events(project, readings.projects, TARGET)
        for name in names_of("signing_secret", project.names)
    ]
    facts += code_facts(readings, "event")
    return of_facts(
        facts,
        well=f"one endpoint at {host}, with its own secret",
        otherwise="not as required",
        remedy=(
            "Run pulumi up --refresh on this stack. On the dashboard page Webhooks, remove the "
            "endpoints that it does not manage."
        ),
    )


def _secret_variable(readings: Readings, project: Project, key: str) -> Finding:
    name, found = f"{project.prefix}{key}", readings.variable(project, key)
    if found:
        right = found == readings.signing_secret()
        own = "the endpoint's secret"
        return fact(name, own, own if right else "another secret", right)
    shown = "missing" if found is None else "exists, not readable"
    return fact(name, "there", shown, found is not None)


def own_oauth(readings: Readings) -> Finding:
    """Each connection that is on has its own credentials."""
    entities = [entity for entity in of_config(readings.live.sections()) if entity.kind == OAUTH]
    on = [entity for entity in entities if entity.fields.get("enabled") is True]
    lacking = {finding.subject for finding in needs_of_production(on, None)}
    facts = [
        fact(
            each.what,
            "own credentials",
            "Clerk's shared ones" if each.what in lacking else "own credentials",
            each.what not in lacking,
        )
        for each in on
    ]
    names = ", ".join(each.what for each in on)
    return of_facts(
        facts,
        well=f"own credentials: {names}" if names else "no OAuth connection is on",
        otherwise="Clerk's shared credentials do not work in production",
        remedy="Make an OAuth client with the provider, then set "
        "clerkstack:signIn.oauth.<provider>.clientId and clientSecret on this stack, and run "
        "pulumi up.",
    )


def slugs(readings: Readings) -> Finding:
    """The instance has every plan and feature of the catalog, with what each plan includes."""
    catalog, app = readings.catalog, readings.app
    uses = 0 if app is None else len(app.uses)
    # If no stack deploys the catalog, judge the instance by the app's checks.
    brought = readings.settings.components.billing or app is None
    compared, kinds = _compared(readings, brought=brought)
    asked = f", and what {uses} checks in the app's code ask for" if uses else ""
    well = f"all {len(catalog.plans)} plans and {len(catalog.features)} features exist{asked}"
    remedy = (
        "Run pulumi up on this stack: it deploys the catalog. Where the app's code differs, make "
        "both the same: bin/clerkstack check shows them side by side."
    )
    if not brought:
        well = f"the instance answers all {uses} checks in the app's code"
        remedy = "Correct the app, or deploy it with the stack that manages billing."
    return of_facts(
        [*(catalog_facts(compared) if brought else ()), *app_facts(compared, kinds)],
        well=well,
        otherwise="has({ plan }) and has({ feature }) answer false for what differs",
        remedy=remedy,
    )


def _compared(readings: Readings, *, brought: bool) -> tuple[Comparison, Collection[str]]:
    """Compare app, catalog and instance like `clerkstack check`; also return the kinds that were
    read."""
    settings, app = readings.settings, readings.app
    inputs = billing_inputs(settings.billing, readings.catalog, app, catalog_file=settings.catalog)
    access = access_inputs(settings, app)
    # Roles are not read if the stack declares none.
    kinds = KINDS if access["app"] and access.get("enabled") else SOLD
    roles = LiveRoles()
    if kinds is KINDS:
        roles = roles_of_stack(settings, readings.live, readings.known)
    held = {role.key: {permission.key for permission in role.permissions} for role in roles.roles}
    instance = Instance(billing=readings.live.section("billing"), access=Access(held))
    return compare(app, inputs, instance, access=access, brought=brought), kinds


def trial(readings: Readings) -> Finding:
    """A trial asks for no card, in the config and in what browsers read."""
    section = readings.live.section("billing")
    facts = [
        same("config", NO, _switch(asks_for_a_card(section))),
        same(
            "public environment",
            NO,
            _switch(readings.live.environment().billing.free_trial_requires_payment_method),
        ),
    ]
    return of_facts(
        facts,
        well="a free trial asks for no payment method",
        otherwise="a free trial asks for a payment method",
        remedy="Set clerkstack:billing.freeTrialRequiresPaymentMethod to false and run pulumi up.",
    )


def api_keys(readings: Readings) -> Finding:
    """Organizations may mint API keys."""
    live = readings.live.environment().api_keys.model_dump()
    words = {FEATURE: "API keys", **SWITCHES}
    needed = needed_switches({ORGANIZATIONS: True})
    facts = [same(words[name], YES, _switch(live[name])) for name in needed]
    return of_facts(
        facts,
        well="organizations may mint API keys",
        otherwise="organizations cannot mint API keys",
        remedy=(
            "Switch on Enable Organization API keys on the dashboard page API keys, or run "
            "pulumi up, if Clerk lets the stack set it."
        ),
    )


def host(readings: Readings) -> Finding:
    """Domain, DNS and the app's URL at Vercel are the production host's."""
    settings = readings.settings
    domain = readings.primary_domain()
    apps = {project.app_url: project.prefix for project in readings.projects if project.name}
    urls = apps or {settings.app_url: ""}
    facts = [_reached(f"{of}app URL", url, settings) for url, of in urls.items()]
    if domain is None:
        facts.append(fact("production domain", "there", "missing", right=False))
    else:
        for url, of in urls.items():
            below = is_below(host_of(url), domain.name)
            facts.append(fact(f"{of}app's host", f"at {domain.name}", host_of(url), below))
        status = readings.live.domain_status(domain.name)
        facts.append(same(f"DNS of {domain.name}", "complete", status.dns.status))
    for project in readings.projects:
        facts += _app_url_at_vercel(readings, project)
    declared = settings.vercel_projects
    names = dict.fromkeys(name for each in declared for name in names_of("app_url", each.names))
    hosts = " and ".join(host_of(url) for url in urls)
    return of_facts(
        facts,
        well=f"DNS and {' and '.join(names)} point to {hosts}",
        otherwise="not at the production host",
        remedy="Set the DNS records that the point dns-records lists, and clerkstack:appUrl to the "
        "production URL; then run pulumi up.",
    )


def _app_url_at_vercel(readings: Readings, project: Project) -> Iterator[Finding]:
    for name in names_of("app_url", project.names):
        value = readings.variable(project, name)
        shown = "missing" if value is None else shown_url(value) or "exists, not readable"
        right = value in ("", project.app_url)
        yield fact(f"{project.prefix}{name}", shown_url(project.app_url), shown, right)


def smoke(readings: Readings) -> Finding:
    """A smoke run passes."""
    if readings.smoke is None:
        return not_checked(
            "no smoke run was made", "Add --smoke, or make a smoke run and sign this point off."
        )
    report = readings.smoke_run(readings.smoke)
    facts = tuple(
        fact(step.name, "works", f"{step.detail} ({step.seconds:.1f} s)", step.ok)
        for step in report.steps
    )
    if not facts:
        return failed("the smoke run did nothing", "Run it by hand.")
    if report.service_failed:
        return not_checked(
            "a service failed during the smoke run",
            "Run it again; the step's detail names the service.",
            facts,
            service_failed=True,
        )
    return of_facts(
        facts,
        well="a new customer gets from sign-up to an answered API call",
        otherwise="a new customer does not get through",
        remedy="The step's detail says what happened. Fix it, then run again with --smoke.",
    )


def _form(kind: str, instance: str | None) -> str | None:
    return {"production": f"{kind}_live_…", "development": f"{kind}_test_…"}.get(instance or "")


def _switch(on: bool) -> str:
    return YES if on else NO
