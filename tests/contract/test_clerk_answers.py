"""Every answer of the emulated Clerk fits the official descriptions, refusals too."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from local.world.clerk import (
    ClerkBackend,
    ClerkService,
    FrontendService,
    api_keys,
    frontend_sessions,
    invitations,
    organization_api,
    organization_changes,
    sessions,
    sign_flows,
    sign_up_invitations,
    user_changes,
    users,
)
from local.world.clerk.models import CREATOR_NEEDS, Instance
from local.world.clerk.organizations import create_role
from local.world.clerk.subscriptions import subscribe
from local.world.operations import APIS, shape
from local.world.svix import SvixBackend
from tests.contract.answers import Description, asked

pytestmark = pytest.mark.contract

PLATFORM_KEY = "ak_contract"
READER_KEY = "ak_reads_only"
APPS = "/v1/platform/applications"
APP = f"{APPS}/{{app}}"
INSTANCE = f"{APP}/instances/{{dev}}"
CONFIG = f"{INSTANCE}/config"
DOMAIN = f"{APP}/domains/{{domain}}"
ROLES = "/v1/organization_roles"
ROLE = f"{ROLES}/{{role}}"
ROLE_PERMISSION = f"{ROLE}/permissions/{{permission}}"
PERMISSIONS = "/v1/organization_permissions"
PERMISSION = f"{PERMISSIONS}/{{permission}}"
SETTINGS = "/v1/instance/organization_settings"
SETS = "/v1/role_sets"
INITIAL = f"{SETS}/{{role_set}}"
SET = {
    "name": "Other",
    "roles": ["org:admin", "org:member"],
    "default_role_key": "org:member",
    "creator_role_key": "org:admin",
}
TO_DEFAULT = {"dest_role_set_key": "role_set:default"}
SWAP = {"role_key": "org:legal", "to_role_key": "org:member"}
PLAN = {"name": "Team", "payer_type": "org", "amount": 1000}
ENVIRONMENT = "/v1/environment"
ITEMS = "/v1/billing/subscription_items"
JWT_TEMPLATES = "/v1/jwt_templates"
REDIRECT_URLS = "/v1/redirect_urls"
CONNECTIONS = "/v1/enterprise_connections"
TEMPLATE = {"name": "hasura", "claims": {}}
OWN_KEY = {"custom_signing_key": True, "signing_algorithm": "HS256", "signing_key": "of tests"}
CONNECTION = {"name": "Globex", "provider": "saml_okta", "domains": ["globex.com"]}
SAML = {
    "idp_metadata_url": "https://idp.globex.com/metadata",
    "attribute_mapping": {"user_id": "id", "email_address": "mail"},
    "login_hint": {"mode": "custom_attribute", "source": "hint"},
}
OIDC = {
    "client_id": "of tests",
    "client_secret": "of tests",
    "discovery_url": "https://idp.globex.com/.well-known/openid-configuration",
    "requires_pkce": False,
}
ATTRIBUTE = {"name": "Team", "key": "team", "scim_path": "team", "multi_valued": True}


@dataclass(frozen=True)
class Case:
    """One request and the status it is answered with."""

    method: str
    path: str
    status: int
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    key: str | None = "right"
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    undescribed: bool = False

    @property
    def api(self) -> str:
        if self.path == ENVIRONMENT:
            return "frontend"
        return "platform" if self.path.startswith(APPS) else "backend"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {self.body or self.query or ''}"[:150]


def billing(**section: Any) -> dict[str, Any]:
    return {"billing": section}


def plans(**fields: Any) -> dict[str, Any]:
    return billing(plans={"team": {**PLAN, **fields}})


WRITES_REFUSED = [
    ({"biling": {}}, 400, {}),
    ({"billing": []}, 400, {}),
    (billing(plans={"pro": None}), 400, {}),
    (billing(plans={"a b": PLAN}), 400, {}),
    (plans(free_trial_enabled=True, free_trial_days=0), 400, {}),
    (billing(nonsense=1), 400, {}),
    ({"paths": {"home": "nowhere"}}, 422, {}),
    (billing(plans={"team": {"name": "No payer"}}), 422, {}),
    (plans(amount=-1), 422, {}),
    (plans(features=["nowhere"]), 404, {}),
    (plans(name="Pro"), 409, {}),
    (plans(payer_type="user"), 403, {}),
    (billing(), 409, {"If-Match": "v1_0"}),
    (billing(plans={f"p{n}": {**PLAN, "name": f"P{n}"} for n in range(9)}), 402, {}),
]

CASES = [
    Case("GET", APPS, 200),
    Case("GET", APPS, 200, query={"include_secret_keys": "true"}),
    Case("GET", APPS, 400, query={"include_secret_keys": "perhaps"}),
    Case("GET", APPS, 403, key=READER_KEY),
    Case("GET", APP, 200),
    Case("GET", APP, 200, query={"include_secret_keys": "true"}),
    Case("GET", APP, 404, ids={"app": "app_nowhere"}),
    Case("POST", f"{APP}/instances", 404, {"domain": "b.dev"}, ids={"app": "app_nowhere"}),
    Case("POST", f"{APP}/instances", 201, {"domain": "b.dev"}, ids={"app": "app_second"}),
    Case(
        "POST",
        f"{APP}/instances",
        201,
        {"domain": "b.dev", "clone_instance_id": "ins_seconddev", "environment_type": "production"},
        ids={"app": "app_second"},
    ),
    Case("POST", f"{APP}/instances", 422, {"domain": "a.dev"}, ids={"app": "app_second"}),
    Case("POST", f"{APP}/instances", 403, {"domain": "b.vercel.app"}, ids={"app": "app_second"}),
    Case("POST", f"{APP}/instances", 422, {"domain": "no domain"}, ids={"app": "app_second"}),
    Case("POST", f"{APP}/instances", 422, {"name": "b.dev"}),
    Case("POST", f"{APP}/instances", 400, {"domain": "b.dev"}),
    Case("GET", CONFIG, 200),
    Case("GET", CONFIG, 200, ids={"dev": "development"}),
    Case("GET", CONFIG, 200, query={"keys": "billing"}),
    Case("GET", CONFIG, 200, query={"keys": "billing,session"}),
    Case("GET", CONFIG, 400, query={"keys": "biling"}),
    Case("GET", CONFIG, 404, ids={"dev": "staging"}),
    Case("GET", f"{CONFIG}/schema", 200),
    Case("GET", f"{CONFIG}/schema", 200, query={"keys": "billing"}),
    Case("GET", f"{CONFIG}/schema", 400, query={"keys": "biling"}),
    Case("PATCH", CONFIG, 200, plans()),
    Case("PATCH", CONFIG, 200, plans(), query={"dry_run": "true", "keys": "session"}),
    Case("PATCH", CONFIG, 200, billing(plans={"basic": None}), query={"destructive": "true"}),
    Case("PATCH", CONFIG, 409, billing(plans={"pro": None}), query={"destructive": "true"}),
    Case("PATCH", CONFIG, 404, {}, ids={"dev": "staging"}),
    *[Case("PATCH", CONFIG, s, body, headers=h) for body, s, h in WRITES_REFUSED],
    Case("PUT", CONFIG, 200, "the config as it is"),
    Case("PUT", CONFIG, 400, plans()),
    Case("POST", f"{APP}/rotate_secret_keys", 200, {"delay_old_secrets_expiration_hours": 1}),
    Case("POST", f"{APP}/rotate_secret_keys", 400, {"hours": 1}),
    Case("POST", f"{INSTANCE}/rotate_secret_keys", 200, {"reason": "somebody left"}),
    Case(
        "POST",
        f"{INSTANCE}/rotate_secret_keys",
        400,
        {"delay_old_secrets_expiration_hours": -1},
    ),
    Case(
        "POST",
        f"{INSTANCE}/rotate_secret_keys",
        400,
        {"delay_old_secrets_expiration_hours": 10**400},
    ),
    Case("GET", f"{APP}/domains", 200),
    Case("GET", f"{APP}/domains", 200, ids={"app": "app_second"}),
    Case("GET", DOMAIN, 200),
    Case("GET", DOMAIN, 200, ids={"domain": "a.dev"}),
    Case("GET", DOMAIN, 404, ids={"domain": "b.dev"}),
    Case("GET", f"{DOMAIN}/status", 200),
    Case("GET", f"{DOMAIN}/status", 404, ids={"domain": "b.dev"}),
    Case("POST", f"{DOMAIN}/dns_check", 200),
    Case("POST", f"{DOMAIN}/dns_check", 404, ids={"domain": "b.dev"}),
    Case("GET", "/v1/billing/plans", 200),
    Case("GET", "/v1/billing/plans", 200, query={"limit": "1", "payer_type": "org"}),
    Case("GET", "/v1/billing/plans", 422, query={"payer_type": "team"}),
    Case("GET", "/v1/billing/plans", 422, query={"limit": "501"}),
    Case("GET", "/v1/billing/plans", 422, query={"paginated": "maybe"}),
    Case("GET", "/v1/billing/plans", 200, query={"paginated": "false"}),
    Case("GET", ITEMS, 200),
    Case("GET", ITEMS, 200, query={"include_free": "true", "limit": "1", "status": "active"}),
    Case("GET", ITEMS, 200, query={"payer_type": "user", "plan_id": "any", "query": "pro"}),
    Case("GET", ITEMS, 200, query={"paginated": "false", "include_free": "true"}),
    Case("GET", ITEMS, 422, query={"status": "canceled"}),
    Case("GET", ITEMS, 422, query={"payer_type": "team"}),
    Case("GET", ITEMS, 422, query={"include_free": "perhaps"}),
    Case("GET", ITEMS, 422, query={"limit": "0"}),
    Case("GET", "/v1/instance", 200),
    Case("GET", SETTINGS, 200),
    Case("PATCH", SETTINGS, 200, {"max_allowed_memberships": 9, "creator_role_id": "{admin}"}),
    Case("PATCH", SETTINGS, 422, {"creator_role_id": "{role}"}),
    Case("PATCH", SETTINGS, 404, {"creator_role_id": "role_nowhere"}),
    Case("PATCH", SETTINGS, 422, {"enabled": "yes"}),
    Case("PATCH", SETTINGS, 400, {"enabled": False}),
    Case("GET", ROLES, 200),
    Case("GET", ROLES, 422, query={"order_by": "members"}),
    Case("POST", ROLES, 200, {"name": "F", "key": "org:f", "permissions": ["{permission}"]}),
    Case("POST", ROLES, 422, {"name": "F", "key": "org:Finance"}),
    Case("POST", ROLES, 422, {"name": "F", "key": "org:f", "permissions": [5]}),
    Case("POST", ROLES, 404, {"name": "F", "key": "org:f", "permissions": ["perm_nowhere"]}),
    Case("POST", ROLES, 403, {"name": "F", "key": "org:f"}, key="production"),
    Case("GET", ROLE, 200),
    Case("GET", ROLE, 404, ids={"role": "role_nowhere"}),
    Case("PATCH", ROLE, 200, {"name": "Other"}),
    Case("PATCH", ROLE, 400, {"key": "org:admin"}),
    Case("DELETE", ROLE, 200),
    Case("DELETE", ROLE, 404, ids={"role": "role_nowhere"}),
    Case("DELETE", ROLE, 422, ids={"role": "{admin}"}),
    Case("POST", ROLE_PERMISSION, 200),
    Case("POST", ROLE_PERMISSION, 404, ids={"permission": "perm_nowhere"}),
    Case("POST", ROLE_PERMISSION, 409, ids={"role": "{admin}"}),
    Case("DELETE", ROLE_PERMISSION, 200, ids={"permission": "{held}"}),
    Case("DELETE", ROLE_PERMISSION, 404),
    Case("DELETE", ROLE_PERMISSION, 422, ids={"role": "{admin}", "permission": "{needed}"}),
    Case("GET", PERMISSIONS, 200),
    Case("POST", PERMISSIONS, 200, {"name": "Read", "key": "org:reports:read"}),
    Case("POST", PERMISSIONS, 422, {"name": "Read", "key": "org:sys_reports:read"}),
    Case("GET", PERMISSION, 200),
    Case("GET", PERMISSION, 404, ids={"permission": "perm_nowhere"}),
    Case("PATCH", PERMISSION, 200, {"name": "Other"}, ids={"permission": "{own}"}),
    Case("PATCH", PERMISSION, 403, {"name": "Other"}),
    Case("DELETE", PERMISSION, 200, ids={"permission": "{own}"}),
    Case("DELETE", PERMISSION, 403),
    Case("GET", SETS, 200),
    Case("GET", SETS, 422, query={"order_by": "members"}),
    Case("POST", SETS, 200, SET),
    Case("POST", SETS, 403, SET, key="production"),
    Case("POST", SETS, 404, {**SET, "roles": ["org:nobody"]}),
    Case("POST", SETS, 422, {**SET, "key": "wide"}),
    Case("GET", INITIAL, 200),
    Case("GET", INITIAL, 404, ids={"role_set": "role_set:none"}),
    Case("PATCH", INITIAL, 200, {"name": "Main", "key": "role_set:main"}),
    Case("PATCH", INITIAL, 422, {"creator_role_key": "org:member"}),
    Case("POST", f"{INITIAL}/replace", 200, TO_DEFAULT, ids={"role_set": "role_set:wide"}),
    Case("POST", f"{INITIAL}/replace", 403, {"dest_role_set_key": "role_set:wide"}),
    Case("POST", f"{INITIAL}/roles", 200, {"role_keys": ["org:legal"]}),
    Case("POST", f"{INITIAL}/roles", 404, {"role_keys": ["org:nobody"]}),
    Case("POST", f"{INITIAL}/roles", 422, {"role_keys": []}),
    Case("POST", f"{INITIAL}/roles/replace", 200, SWAP, ids={"role_set": "role_set:wide"}),
    Case("POST", f"{INITIAL}/roles/replace", 404, SWAP),
    Case("POST", "/v1/webhooks/svix", 200),
    Case("POST", "/v1/webhooks/svix", 400, key="production"),
    Case("DELETE", "/v1/webhooks/svix", 204, key="production"),
    Case("DELETE", "/v1/webhooks/svix", 400),
    Case("POST", "/v1/webhooks/svix_url", 200, key="production"),
    Case("POST", "/v1/webhooks/svix_url", 400),
    Case("GET", JWT_TEMPLATES, 200),
    Case("GET", JWT_TEMPLATES, 200, query={"limit": "1", "offset": "1"}),
    Case("POST", JWT_TEMPLATES, 200, {"name": "hasura", "claims": {"a": {"b": "{{user.id}}"}}}),
    Case("POST", JWT_TEMPLATES, 200, {**TEMPLATE, "lifetime": 30, "allowed_clock_skew": 300}),
    Case("POST", JWT_TEMPLATES, 200, {**TEMPLATE, **OWN_KEY}),
    Case("POST", JWT_TEMPLATES, 400, []),
    Case("POST", JWT_TEMPLATES, 422, {**TEMPLATE, "lifetime": 29}),
    Case("POST", JWT_TEMPLATES, 422, {**TEMPLATE, "custom_signing_key": True}),
    Case("POST", JWT_TEMPLATES, 400, {**TEMPLATE, "name": "supabase"}),
    Case("POST", JWT_TEMPLATES, 422, {"name": "no claims"}),
    Case("GET", REDIRECT_URLS, 200),
    Case("GET", REDIRECT_URLS, 200, query={"paginated": "false"}),
    Case("POST", REDIRECT_URLS, 200, {"url": "sendero://callback"}),
    Case("POST", REDIRECT_URLS, 400, []),
    Case("POST", REDIRECT_URLS, 422, {"url": "http://a.dev/callback"}),
    Case("POST", REDIRECT_URLS, 400, {"url": "https://a.dev/callback"}),
    Case("GET", CONNECTIONS, 200),
    Case("GET", CONNECTIONS, 200, query={"active": "true", "organization_id": "org_1"}),
    Case("GET", CONNECTIONS, 422, query={"active": "perhaps"}),
    Case("GET", CONNECTIONS, 422, query={"limit": "0"}),
    Case("POST", CONNECTIONS, 201, CONNECTION),
    Case("POST", CONNECTIONS, 201, {**CONNECTION, "provider": "oidc_custom", "oidc": OIDC}),
    Case("POST", CONNECTIONS, 201, {**CONNECTION, "active": True, "saml": SAML}),
    Case("POST", CONNECTIONS, 201, {**CONNECTION, "custom_attributes": [ATTRIBUTE]}),
    Case("POST", CONNECTIONS, 404, {**CONNECTION, "organization_id": "org_1"}),
    Case("POST", CONNECTIONS, 409, {**CONNECTION, "domains": ["Acme.com"]}),
    Case("POST", CONNECTIONS, 422, []),
    Case("POST", CONNECTIONS, 422, {**CONNECTION, "active": True}),
    Case("POST", CONNECTIONS, 422, {**CONNECTION, "domains": []}),
    Case("POST", CONNECTIONS, 422, {**CONNECTION, "domains": ["no domain"]}),
    Case("POST", CONNECTIONS, 422, {**CONNECTION, "provider": "saml_other"}),
    Case("POST", CONNECTIONS, 422, {**CONNECTION, "saml": {"login_hint": {"mode": "name"}}}),
    Case(
        "POST", CONNECTIONS, 422, {**CONNECTION, "custom_attributes": [{**ATTRIBUTE, "key": "_"}]}
    ),
    Case("GET", "/v1/domains", 200),
    Case("GET", "/v1/domains", 200, key="production"),
    Case("GET", ENVIRONMENT, 200, headers={"Host": "first.clerk.accounts.dev"}),
    Case("GET", ENVIRONMENT, 200, headers={"Host": "clerk.a.dev"}),
    Case("GET", ENVIRONMENT, 400, headers={"Host": "nowhere.clerk.accounts.dev"}),
]

PEOPLE = (
    *sign_flows.OPERATIONS,
    *frontend_sessions.OPERATIONS,
    *api_keys.OPERATIONS,
    *organization_api.OPERATIONS,
    *invitations.OPERATIONS,
    *sessions.OPERATIONS,
    *users.OPERATIONS,
    *user_changes.OPERATIONS,
    *organization_changes.OPERATIONS,
    *sign_up_invitations.OPERATIONS,
)
# Whoever asks with no key or a wrong one gets the same answer everywhere.
EVERY = [
    (operation.method, operation.path)
    for api in ("platform", "backend", "frontend")
    for operation in APIS[api].operations
]


@cache
def description(api: str) -> Description:
    return Description.read(api)


@cache
def backend() -> ClerkBackend:
    return ClerkBackend(svix=SvixBackend(), plan_limit=5)


@cache
def clerk_service() -> ClerkService:
    return ClerkService(backend())


@cache
def frontend_service() -> FrontendService:
    return FrontendService(backend())


def prepared() -> tuple[ClerkBackend, dict[str, str]]:
    """Two applications; the first has plans, a role, production with a domain and a Svix app.

    All cases use one backend, whose state is reset before each.
    """
    clerk = backend()
    state, svix, known = beginning()
    clerk.load(state)  # which takes a copy
    clerk.svix.load(pickle.loads(svix))
    return clerk, dict(known)


@cache
def beginning() -> tuple[Any, bytes, dict[str, str]]:
    """The states of Clerk and Svix, and their contents by name."""
    clerk = backend()
    first = clerk.seed_application(
        application_id="app_first", name="First", platform_key=PLATFORM_KEY
    )
    clerk.seed_application(application_id="app_second", name="Second", platform_key=PLATFORM_KEY)
    clerk.platform_keys[READER_KEY] = []
    production = clerk.create_instance("app_first", domain="a.dev", clone_of=None)
    clerk.svix.create_app(production.id)
    development = first.instances["ins_firstdev"]
    clerk.write_config(
        development,
        {
            "organization_settings": {"enabled": True},
            "billing": {
                "organization_enabled": True,
                "features": {"audit": {"name": "Audit", "description": "A log."}},
                "plans": {
                    "basic": {"name": "Basic", "payer_type": "org", "amount": 2000},
                    "pro": {
                        "name": "Pro",
                        "payer_type": "org",
                        "amount": 6000,
                        "annual_monthly_amount": 5000,
                        "features": ["audit"],
                        "free_trial_enabled": True,
                        "free_trial_days": 14,
                    },
                },
            },
        },
    )
    for path, body in (
        (JWT_TEMPLATES, {"name": "supabase", "claims": {"role": "authenticated"}}),
        (REDIRECT_URLS, {"url": "https://a.dev/callback"}),
        (CONNECTIONS, {**CONNECTION, "name": "Acme", "domains": ["acme.com"]}),
        (ROLES, {"name": "Legal", "key": "org:legal"}),
        (SETS, {**SET, "name": "Wide", "roles": ["org:admin", "org:member", "org:legal"]}),
        (PERMISSIONS, {"name": "See", "key": "org:reports:see"}),
    ):
        headers = {"Authorization": f"Bearer {development.secret}"}
        answer = asked(clerk_service(), "POST", path, json=body, headers=headers)
        assert answer.is_success, answer.text
    for plan in ("free_org", "pro"):
        subscribe(development, plan, 2, clerk.now_ms())
    known = {
        "app": "app_first",
        "dev": development.id,
        "domain": production.domain.id,
        "role": role_id(development, "org:member"),
        "admin": role_id(development, "org:admin"),
        "permission": next(iter(development.permissions)),
        "role_set": "role_set:default",
        "own": list(development.permissions)[-1],
        "needed": next(
            permission.id
            for permission in development.permissions.values()
            if permission.key in CREATOR_NEEDS
        ),
        "held": development.roles[role_id(development, "org:member")].permissions[0],
        "right": development.secret,
        "production": production.secret,
    }
    return clerk.dump(), pickle.dumps(clerk.svix.dump()), known


def role_id(instance: Instance, key: str) -> str:
    return next(role.id for role in instance.roles.values() if role.key == key)


def ask(case: Case) -> Any:
    clerk, known = prepared()
    ids = {**known, **{name: value.format(**known) for name, value in case.ids.items()}}
    if case.path == ROLE and case.method == "DELETE" and "role" not in case.ids:
        made = clerk.instance("app_first", "development")
        ids["role"] = create_role(made, {"key": "org:spare", "name": "Spare"}, 0).id
    service = frontend_service() if case.api == "frontend" else clerk_service()
    headers = dict(case.headers)
    if case.api == "platform" and case.key is not None:
        headers["Authorization"] = f"Bearer {PLATFORM_KEY if case.key == 'right' else case.key}"
    elif case.api == "backend" and case.key is not None:
        headers["Authorization"] = f"Bearer {ids.get(case.key, case.key)}"
    body = filled(case.body, ids)
    if case.method == "PUT" and isinstance(body, str):
        body = clerk.read_config(clerk.instance("app_first", "development"), ())
    return asked(
        service,
        case.method,
        case.path.format(**ids),
        json=body,
        params=case.query,
        headers=headers,
    )


def filled(body: Any, ids: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, ids) for value in body]
    return body.format(**ids) if isinstance(body, str) else body


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_fits_its_description(case: Case) -> None:
    answer = ask(case)

    assert answer.status_code == case.status, answer.text
    description(case.api).check(case.path, answer, undescribed=case.undescribed)


@pytest.mark.parametrize("key", [None, "ak_nowhere", "sk_test_nowhere"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (operation.method, operation.path)
        for api in ("platform", "backend")
        for operation in APIS[api].operations
    ],
)
def test_a_wrong_key_is_refused_in_the_described_form(
    method: str, path: str, key: str | None
) -> None:
    names = ("application", "instance", "domain", "role", "permission")
    names += ("user", "organization", "key", "session", "token", "role_set", "invitation")
    case = Case(method, path, 401, {}, key=key, ids=dict.fromkeys(names, "any"))

    answer = ask(case)

    api = description(case.api)
    api.check(path, answer, undescribed=not api.describes(method, path, 401))
    assert list(answer.json()["errors"][0]) == ["message", "long_message", "code"]
    assert answer.json()["clerk_trace_id"]


def test_every_operation_is_compared() -> None:
    compared = {(case.method, shape(case.path)) for case in CASES if case.status < 300}

    # Valid requests about people are sent in tests/conformance only.
    people = {(method, shape(path)) for method, path, _ in PEOPLE}
    assert {(method, shape(path)) for method, path in EVERY} - people == compared


def test_a_dns_check_that_follows_at_once_is_refused() -> None:
    _, ids = prepared()
    path = f"{DOMAIN}/dns_check"
    headers = {"Authorization": f"Bearer {PLATFORM_KEY}"}

    asked(clerk_service(), "POST", path.format(**ids), headers=headers)
    answer = asked(clerk_service(), "POST", path.format(**ids), headers=headers)

    assert answer.status_code == 409
    description("platform").check(path, answer)


def test_a_body_that_nests_too_deep_is_refused() -> None:
    _, ids = prepared()
    headers = {"Authorization": f"Bearer {PLATFORM_KEY}"}

    answer = asked(
        clerk_service(),
        "PATCH",
        CONFIG.format(**ids),
        content=b"[" * 100_000,
        headers=headers,
    )

    assert answer.status_code == 400
    description("platform").check(CONFIG, answer)
