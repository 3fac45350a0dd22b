"""Each point passes on a sound deployment, and reports the one fault made for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.checks.finding import Finding, Severity
from clerkstack.clients.domains import Domain
from clerkstack.clients.errors import Unreachable
from clerkstack.clients.instance_lists import InstanceDomain, RedirectUrl
from clerkstack.clients.platform import ApplicationInstance
from clerkstack.clients.role_answers import Role, RoleSet, RoleSetItem
from clerkstack.clients.svix import Endpoint
from clerkstack.clients.vercel import Deployment
from clerkstack.cutover.points import POINTS
from clerkstack.failures import ResourceFailed
from clerkstack.reconcile.roles import LiveRoles
from clerkstack.settings.events import SENDERO_EVENTS
from tests.unit.cutover import seen
from tests.unit.cutover.seen import (
    HOST,
    INSTANCE,
    PUBLISHABLE,
    URL,
    Seen,
    attempt,
    environment,
    judged,
    lifetimes,
    report,
    sections,
    settings,
    status,
    variable,
    wrong,
)
from tests.unit.live.given import GivenInstance

PASSED, FAILED, WARNED = Severity.PASSED, Severity.FAILED, Severity.WARNING
MANUAL, NOT_JUDGED = Severity.MANUAL, Severity.NOT_CHECKED


def smoke(*steps: tuple[str, bool], service_failed: bool = False) -> Any:
    made = [SimpleNamespace(name=n, ok=ok, detail="seen", seconds=0.5) for n, ok in steps]
    return lambda: SimpleNamespace(steps=made, service_failed=service_failed)


def right(**given: Any) -> Seen:
    """Everything is right, including what is judged on request only."""
    given = {
        "smoke": smoke(("sign-up", True), ("MCP call", True)),
        "policies": lambda resources: [],
        "resources": [{"type": "t", "urn": "u"}],
        "reference": settings(instance="development"),
        # Drift has its own tests: here only the variables are declared.
        **given,
    }
    return Seen(given.pop("declared", None), **given)


DRIFTLESS = settings(
    components=dict.fromkeys(("organizations", "signIn", "billing", "apiKeys", "webhook"), False)
)


@pytest.mark.parametrize("point", [each.id for each in POINTS])
def test_everything_right_passes(point: str) -> None:
    seen = right(declared=DRIFTLESS) if point == "drift" else right()

    made = report(point, seen)

    (found,) = made.findings
    assert found.severity == PASSED, found
    assert made.done(found)
    assert wrong(found) == []


def test_an_event_that_svix_does_not_offer_is_not_missing() -> None:
    *offered, unpublished = SENDERO_EVENTS
    there = (endpoint(eventTypes=offered),)

    found = judged("webhook", right(endpoints=there, event_types=frozenset(offered)))

    assert found.severity == PASSED, found
    (events,) = [detail for detail in found.details if detail.name == "events"]
    assert events.found == f"all 6, without {unpublished}, which Svix does not offer"


def test_an_endpoint_is_the_stacks_however_its_url_is_written() -> None:
    written = URL.replace("/api", ":443/a/../api")
    there = (endpoint(id="ep_2", url=written),)

    assert judged("webhook", right(endpoints=there)).severity == PASSED


def live(**changes: Any) -> ApplicationInstance:
    fields: dict[str, Any] = {
        "instance_id": INSTANCE,
        "environment_type": "production",
        "publishable_key": PUBLISHABLE,
        "secret_key": SecretStr("sk_live_abcdefgh1234567890"),
    }
    return ApplicationInstance(**(fields | changes))


def endpoint(**changes: Any) -> Endpoint:
    fields = {"id": "ep_1", "url": URL, "eventTypes": None}
    return Endpoint.model_validate(fields | changes)


def without(key: str, *more: Any) -> tuple[Any, ...]:
    return (*(each for each in Seen().values["variables"] if each.key != key), *more)


def billing(**changes: Any) -> dict[str, Any]:
    found = sections()
    found["billing"] |= changes
    return found


def lacking_feature() -> dict[str, Any]:
    found = sections()
    del found["billing"]["features"]["sso_saml"]
    return found


def lacking_plan() -> dict[str, Any]:
    found = sections()
    del found["billing"]["plans"]["pro"]
    return found


def included_otherwise() -> dict[str, Any]:
    found = sections()
    found["billing"]["plans"]["basic"]["features"] = ["channel_slack"]
    return found


def redirect(*urls: str) -> list[RedirectUrl]:
    return [RedirectUrl(id=f"ru_{n}", url=url) for n, url in enumerate(urls)]


def satellite(**more: Any) -> list[InstanceDomain]:
    fields = {"id": "dmn_2", "name": "acme.app", "is_satellite": True, "frontend_api_url": ""}
    return [InstanceDomain.model_validate(fields | more)]


def switches(**changes: bool) -> Any:
    usual = {"enabled": True, "user_api_keys_enabled": False, "orgs_api_keys_enabled": True}
    return environment(api_keys_settings=usual | changes)


def user_settings(**changes: Any) -> Any:
    return environment(user_settings=changes)


DEVELOPMENT_KEY = "pk_test_YS5jbGVyay5hY2NvdW50cy5kZXYk"
CASES: list[tuple[str, dict[str, Any], Severity, list[str]]] = [
    ("live-keys", {"found": live(environment_type="development")}, FAILED, ["instance"]),
    (
        "live-keys",
        {"found": live(publishable_key=DEVELOPMENT_KEY)},
        FAILED,
        ["publishable key", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"],
    ),
    ("live-keys", {"found": live(secret_key=None)}, FAILED, ["secret key"]),
    (
        "live-keys",
        {"found": live(secret_key=SecretStr("sk_test_1234567890"))},
        FAILED,
        ["secret key"],
    ),
    (
        "live-keys",
        {"environment": environment(auth_config={"test_mode": True})},
        FAILED,
        ["test mode"],
    ),
    (
        "live-keys",
        {"environment": environment(display_config={"instance_environment_type": "development"})},
        FAILED,
        ["public environment"],
    ),
    ("live-keys", {"variables": without("CLERK_SECRET_KEY")}, FAILED, ["CLERK_SECRET_KEY"]),
    (
        "live-keys",
        {
            "variables": without(
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
                variable("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", PUBLISHABLE, target=["preview"]),
            )
        },
        FAILED,
        ["NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY"],
    ),
    ("webhook", {"endpoints": ()}, FAILED, []),
    ("webhook", {"endpoints": (endpoint(disabled=True),)}, FAILED, ["endpoint"]),
    ("webhook", {"endpoints": (endpoint(eventTypes=["user.created"]),)}, FAILED, ["events"]),
    (
        "webhook",
        {"endpoints": (endpoint(eventTypes=SENDERO_EVENTS[:-1]),)},
        FAILED,
        ["events"],
    ),
    ("webhook", {"endpoints": (endpoint(url=f"https://old.{HOST}/x"),)}, FAILED, ["URL"]),
    (
        "webhook",
        {"endpoints": (endpoint(url="https://acme.vercel.app/x"),)},
        FAILED,
        ["URL", "reachable address"],
    ),
    (
        "webhook",
        {"endpoints": (endpoint(), endpoint(id="ep_2", url="http://localhost:3000/x"))},
        WARNED,
        ["another endpoint"],
    ),
    ("webhook", {"variables": without("CLERK_WEBHOOK_SECRET")}, FAILED, ["CLERK_WEBHOOK_SECRET"]),
    (
        "webhook",
        {
            "variables": without(
                "CLERK_WEBHOOK_SECRET", variable("CLERK_WEBHOOK_SECRET", "whsec_another")
            )
        },
        FAILED,
        ["CLERK_WEBHOOK_SECRET"],
    ),
    (
        "oauth",
        {"sections": sections(connection_oauth_google={"enabled": True})},
        FAILED,
        ["OAuth google"],
    ),
    (
        "oauth",
        {"sections": sections(connections_oauth_custom={"own": {"enabled": True}})},
        FAILED,
        ["OAuth custom own"],
    ),
    ("slugs", {"sections": lacking_feature()}, FAILED, ["feature sso_saml"]),
    ("slugs", {"sections": lacking_plan()}, FAILED, ["plan pro"]),
    ("slugs", {"sections": included_otherwise()}, FAILED, ["plan basic includes"]),
    (
        "trial",
        {"sections": billing(free_trial_requires_payment_method=True)},
        FAILED,
        ["config"],
    ),
    (
        "trial",
        {"environment": environment(commerce_settings={"billing": {}})},
        FAILED,
        ["public environment"],
    ),
    (
        "api-keys",
        {"environment": switches(orgs_api_keys_enabled=False)},
        FAILED,
        ["Enable Organization API keys"],
    ),
    ("api-keys", {"environment": switches(enabled=False)}, FAILED, ["API keys"]),
    (
        "host",
        {"declared": settings(appUrl="https://other.example")},
        FAILED,
        ["app's host", "NEXT_PUBLIC_APP_URL"],
    ),
    ("host", {"domains": []}, FAILED, ["production domain"]),
    ("host", {"domain_status": status(verified=False)}, FAILED, [f"DNS of {HOST}"]),
    ("host", {"variables": without("NEXT_PUBLIC_APP_URL")}, FAILED, ["NEXT_PUBLIC_APP_URL"]),
    (
        "host",
        {
            "variables": without(
                "NEXT_PUBLIC_APP_URL", variable("NEXT_PUBLIC_APP_URL", "http://localhost:3000")
            )
        },
        FAILED,
        ["NEXT_PUBLIC_APP_URL"],
    ),
    ("smoke", {"smoke": None}, NOT_JUDGED, []),
    ("smoke", {"smoke": smoke(("sign-up", True), ("MCP call", False))}, FAILED, ["MCP call"]),
    ("smoke", {"smoke": smoke()}, FAILED, []),
    (
        "smoke",
        {"smoke": smoke(("sign-up", False), service_failed=True)},
        NOT_JUDGED,
        ["sign-up"],
    ),
    ("dns-records", {"domains": []}, FAILED, []),
    (
        "dns-records",
        {"domain_status": status(verified=False, actual=("elsewhere.example",))},
        FAILED,
        [f"CNAME clerk.{HOST}", "certificate", "mail", "domain"],
    ),
    (
        "redirect-urls",
        {"redirect_urls": redirect("https://localhost:3000/x", "acme://done", f"https://{HOST}/x")},
        FAILED,
        ["https://localhost:3000/x"],
    ),
    (
        "redirect-urls",
        {"redirect_urls": redirect("https://acme-git-x.vercel.app/x")},
        FAILED,
        ["https://acme-git-x.vercel.app/x"],
    ),
    (
        "redirect-urls",
        {"redirect_urls": redirect(f"http://{HOST}/x")},
        FAILED,
        [f"http://{HOST}/x"],
    ),
    (
        "redirect-urls",
        {"redirect_urls": redirect("https://partner.example/x")},
        WARNED,
        ["https://partner.example/x"],
    ),
    (
        "satellites",
        {"instance_domains": satellite(), "domain_status": status(verified=False)},
        FAILED,
        ["satellite acme.app"],
    ),
    (
        "satellites",
        {"instance_domains": satellite(proxy_url="http://acme.app/__clerk")},
        FAILED,
        ["proxy of acme.app"],
    ),
    ("test-users", {"count_users": 2}, FAILED, ["users with +clerk_test"]),
    ("sign-up", {"environment": user_settings(sign_up={"mode": "waitlist"})}, MANUAL, ["sign-up"]),
    (
        "sign-up",
        {
            "environment": user_settings(
                sign_up={"mode": "public"}, restrictions={"allowlist": {"enabled": True}}
            )
        },
        MANUAL,
        ["allowlist"],
    ),
    (
        "sessions",
        {"environment": user_settings(attack_protection={"user_lockout": {"enabled": False}})},
        FAILED,
        ["lock after wrong passwords"],
    ),
    (
        "sessions",
        {"sections": sections(session_settings=lifetimes(maximum=31_536_000))},
        WARNED,
        ["longest session"],
    ),
    (
        "sessions",
        {"sections": sections(session_settings=lifetimes(maximum=None, idle=86_400))},
        WARNED,
        ["longest session"],
    ),
    (
        "deliveries",
        {"attempts": [attempt("fail", 500, 1), attempt("success", 200, 5)]},
        FAILED,
        ["user.created"],
    ),
    (
        "deliveries",
        {"attempts": [attempt("success", 200, 1), attempt("fail", 0, 5)]},
        WARNED,
        ["user.created"],
    ),
    ("endpoint", {"signed": 500}, FAILED, ["signed test message"]),
    ("endpoint", {"unsigned": 200}, FAILED, ["unsigned test message"]),
    ("endpoint", {"unsigned": 500}, FAILED, ["unsigned test message"]),
    ("endpoint", {"wrongly": 202}, FAILED, ["signed with another secret"]),
    ("endpoint", {"signed": Unreachable("no answer", sent=True)}, FAILED, []),
    ("endpoint", {"signed": ResourceFailed("read only")}, NOT_JUDGED, []),
    (
        "variables",
        {"variables": without("NEXT_PUBLIC_CLERK_SIGN_IN_URL")},
        FAILED,
        ["variable production/NEXT_PUBLIC_CLERK_SIGN_IN_URL"],
    ),
    (
        "variables",
        {
            "variables": without(
                "NEXT_PUBLIC_APP_URL",
                variable(
                    "NEXT_PUBLIC_APP_URL", f"https://{HOST}", target=["production", "preview"]
                ),
            )
        },
        FAILED,
        ["variable production/NEXT_PUBLIC_APP_URL targets"],
    ),
    (
        "variables",
        {"variables": without("CLERK_SECRET_KEY", variable("CLERK_SECRET_KEY", "sk_live_other"))},
        FAILED,
        [
            "variable production/CLERK_SECRET_KEY sensitive",
            "variable production/CLERK_SECRET_KEY value",
        ],
    ),
    ("deployment", {"deployment": None}, FAILED, []),
    (
        "deployment",
        {
            "deployment": Deployment.model_validate(
                {"id": "dpl_1", "name": "acme", "state": "READY", "createdAt": 999}
            )
        },
        FAILED,
        ["newest deployment"],
    ),
    ("drift", {"endpoints": (endpoint(disabled=True),)}, FAILED, ["webhook endpoint disabled"]),
    ("reference", {"sections": lacking_feature()}, FAILED, ["feature sso_saml"]),
    ("reference", {"reference_sections": None}, NOT_JUDGED, []),
    ("policies", {"policies": None}, NOT_JUDGED, []),
    ("policies", {"resources": []}, NOT_JUDGED, []),
    (
        "policies",
        {"policies": lambda resources: [Finding("live-keys", "instance", message="a test key")]},
        FAILED,
        ["live-keys"],
    ),
]


@pytest.mark.parametrize(
    ("point", "given", "outcome", "told"),
    CASES,
    ids=[f"{case[0]} {number}" for number, case in enumerate(CASES)],
)
def test_one_thing_wrong_is_reported(
    point: str, given: dict[str, Any], outcome: Severity, told: list[str]
) -> None:
    made = report(point, right(**given))

    (found,) = made.findings
    assert found.severity == outcome, found
    assert found.remedy
    assert not made.done(found)
    assert set(told) <= set(wrong(found)), wrong(found)
    if point not in ("drift", "webhook"):
        assert wrong(found) == told


def test_a_role_that_nobody_can_be_given_is_reported() -> None:
    declared = settings(
        components=dict.fromkeys(("signIn", "billing", "apiKeys", "webhook"), False),
        organizations={"roles": {"org:finance": {"name": "Finance"}}},
    )
    role = Role(id="role_1", key="org:finance", name="Finance", description=None, permissions=())
    sections = {"organization_settings": {"enabled": True, "force_organization_selection": False}}

    def of_drift(*keys: str) -> Any:
        items = tuple(RoleSetItem(key=key) for key in keys)
        held = RoleSet(key="role_set:default", name="Default", type="initial", roles=items)
        roles = LiveRoles((role,), held)
        return judged("drift", right(declared=declared, sections=sections, roles=roles))

    assert of_drift("org:finance").severity == PASSED
    found = of_drift("org:member")
    assert found.severity == FAILED
    assert wrong(found) == ["role org:finance in_initial_role_set"]


def test_every_point_has_a_case() -> None:
    assert {case[0] for case in CASES} == {point.id for point in POINTS}


@pytest.mark.parametrize("point", [each.id for each in POINTS])
def test_what_can_t_be_read_stops_its_point_only(point: str) -> None:
    refused = dict.fromkeys(Seen().values, ResourceFailed("Clerk refused"))
    seen = right(**refused)
    seen.reference = GivenInstance(**refused)
    seen.smoke = lambda: (_ for _ in ()).throw(ResourceFailed("no answer"))
    seen.policies = None

    found = judged(point, seen)

    assert found.severity == NOT_JUDGED
    assert found.service_failed == (point != "policies")


def test_without_an_instance_or_an_endpoint_the_points_fail() -> None:
    for point in ("live-keys", "variables", "drift"):
        found = judged(point, right(found=None))
        assert found.message == "there is no production instance yet"
    for point in ("deliveries", "endpoint"):
        seen = right(endpoints=())
        assert judged(point, seen).severity == FAILED


def test_a_stack_that_declares_no_variables_leaves_them_to_a_person() -> None:
    declared = settings(components={"environment": False}, environment={})

    for point in ("variables", "deployment"):
        assert judged(point, right(declared=declared)).severity == MANUAL
    for point in ("live-keys", "webhook", "host"):
        assert judged(point, right(declared=declared, variables=())).severity == PASSED


def test_variables_are_judged_under_the_names_that_the_app_reads() -> None:
    both = settings(environment={"projectId": "prj_1", "names": ["guide", "nextjs"]})
    signing = "CLERK_WEBHOOK_SIGNING_SECRET"
    fallbacks = [f"NEXT_PUBLIC_CLERK_SIGN_{each}_FALLBACK_REDIRECT_URL" for each in ("IN", "UP")]

    assert wrong(judged("webhook", right(declared=both))) == [signing]
    missing = wrong(judged("variables", right(declared=both)))
    assert missing == [f"variable production/{each}" for each in (*fallbacks, signing)]


def test_the_app_s_own_slugs_are_checked(tmp_path: Any) -> None:
    file = tmp_path / "plans.ts"
    file.write_text(
        "export const BILLING_FEATURES = { SSO: 'sso' } as const\n"
        "export const PLANS = { pro: { slug: 'pro', monthlyUsd: 60, annualMonthlyUsd: 50,"
        " features: [BILLING_FEATURES.SSO] } }\n"
    )

    found = judged("slugs", right(declared=settings(appDeclaration=str(file))))

    assert "feature sso of the app's code" in failed(found)
    # The catalog has more than this file declares: a person must say whether that is intended.
    assert "plan basic of the app's code" in wrong(found)
    assert "plan basic of the app's code" not in failed(found)


def failed(found: Finding) -> list[str]:
    return [detail.name for detail in found.details if detail.severity is Severity.FAILED]


def of_code(folder: Any, code: str) -> Finding:
    """Return the point of the slugs for an app with a file of code and a declaration."""
    (folder / "src").mkdir()
    (folder / "src" / "plans.ts").write_text(
        (seen.CATALOG.parent / "example/src/plans.ts").read_text()
    )
    (folder / "src" / "page.tsx").write_text(
        f"import {{ auth }} from '@clerk/nextjs/server'\n"
        f"export default async function Page() {{ const {{ has }} = await auth(); {code} }}\n"
    )
    app = {"path": str(folder), "declaration": "src/plans.ts"}
    return judged("slugs", right(declared=settings(app=app)))


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("has({ plan: 'proo' })", "plan proo"),
        ("has({ feature: 'sso' })", "feature sso"),
        ("has({ plan: 'user:pro' })", "plan user:pro"),
        ("has({ role: 'org:auditor' })", "role org:auditor"),
        ("has({ permission: 'org:invoices:read' })", "permission org:invoices:read"),
    ],
)
def test_what_the_app_s_code_asks_for_and_nothing_has_fails(
    tmp_path: Any, code: str, what: str
) -> None:
    found = of_code(tmp_path, f"return {code}")

    assert found.severity == FAILED
    assert failed(found) == [f"{what} of the app's code"]
    [fact] = [detail for detail in found.details if detail.severity is Severity.FAILED]
    assert "src/page.tsx:2" in fact.found


HANDLER = (
    "import { verifyWebhook } from '@clerk/nextjs/webhooks'\n"
    "export const POST = async (req) => {\n  const evt = await verifyWebhook(req)\n"
    "  if (evt.type === 'user.created' || evt.type === 'apiKey.revoked') return\n}\n"
)


@pytest.mark.parametrize(
    ("point", "what", "where"),
    [
        ("webhook", "event apiKey.revoked in the app's code", "'apiKey.revoked', but the webhook"),
        (
            "variables",
            "variable CLERK_WEBHOOK_SIGNING_SECRET in the app's code",
            "it writes CLERK_WEBHOOK_SECRET",
        ),
    ],
)
def test_what_the_app_s_code_needs_of_webhook_and_variables(
    tmp_path: Path, point: str, what: str, where: str
) -> None:
    (tmp_path / "route.ts").write_text(HANDLER)
    own = settings(app={"path": str(tmp_path)})

    found = judged(point, right(declared=own))
    without = judged(point, right(declared=settings()))

    assert found.severity == FAILED
    assert what in failed(found)
    assert what not in failed(without)
    assert any(where in detail.found for detail in found.details)


def test_a_variable_that_somebody_else_brought_is_there(tmp_path: Path) -> None:
    (tmp_path / "route.ts").write_text(HANDLER)
    own = settings(app={"path": str(tmp_path)})
    brought = [seen.variable("CLERK_WEBHOOK_SIGNING_SECRET", None)]

    found = judged("variables", right(declared=own, variables={"prj_1": brought}))

    assert not any(each.endswith("in the app's code") for each in failed(found))


def test_code_that_asks_for_what_there_is_passes(tmp_path: Any) -> None:
    found = of_code(tmp_path, "return has({ plan: 'pro' }) || has({ role: 'org:finance' })")

    assert found.severity == Severity.PASSED
    assert "checks in the app's code" in found.message


def test_the_domain_is_the_one_the_publishable_key_leads_to() -> None:
    others = [
        Domain(id="dmn_0", name="other.example", frontend_api_url="https://clerk.other.example"),
        Domain(id="dmn_1", name=HOST, frontend_api_url=f"https://clerk.{HOST}"),
    ]

    found = right(domains=others).primary_domain()

    assert found is not None
    assert found.name == HOST


def without_pro() -> dict[str, Any]:
    found = lacking_plan()
    found["billing"]["plans"]["basic"]["features"] = []
    return found


@pytest.mark.parametrize(
    ("live", "outcome"), [(sections, Severity.PASSED), (without_pro, FAILED)], ids=["all", "less"]
)
def test_a_stack_without_billing_is_judged_by_what_is_live(
    tmp_path: Any, live: Any, outcome: Severity
) -> None:
    (tmp_path / "page.tsx").write_text(
        "export default async function Page({ has }) { return has({ plan: 'pro' }) }\n"
    )
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("features: {}\nplans: {other: {name: Other, amount: 1, features: []}}\n")
    declared = settings(
        app={"path": str(tmp_path)}, components={"billing": False}, catalog=str(catalog)
    )

    found = judged("slugs", right(declared=declared, sections=live()))

    assert found.severity == outcome, found
    assert failed(found) == (["plan pro of the app's code"] if outcome == FAILED else [])


def test_a_plan_that_others_pay_for_fails() -> None:
    found = sections()
    found["billing"]["plans"]["pro"]["payer_type"] = "user"

    assert failed(judged("slugs", right(sections=found))) == ["plan pro"]


@pytest.mark.parametrize("point", ["slugs", "reference"])
def test_a_price_is_no_slug(point: str) -> None:
    """`check`, `drift` and `parity` report it; has() answers the same."""
    dearer = sections()
    dearer["billing"]["plans"]["pro"]["amount"] = 9900

    assert judged(point, right(sections=dearer)).severity == PASSED


def test_a_plan_that_includes_less_than_the_reference_s_is_there() -> None:
    assert judged("reference", right(sections=included_otherwise())).severity == PASSED
