"""What our clients send and read fits the official descriptions.

The test calls every method of every client. It checks each request against the description: path,
method, query, body. It answers with examples made from the description of the answer, which the
client must be able to read. Vercel's API has no description and is left out. GitHub's is in
test_github.py.
"""

from __future__ import annotations

import base64
import inspect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import jsonschema
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.errors import NotADryRun
from clerkstack.clients.frontend import FrontendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.clients.svix import SvixClient
from clerkstack.clients.users import UsersClient
from clerkstack.clients.visitor import VisitorClient
from tests.descriptions import document, plain

pytestmark = pytest.mark.contract

CLERK = "https://api.clerk.test"
PUBLISHABLE_KEY = "pk_test_" + base64.b64encode(b"a.clerk.accounts.dev$").decode()
LINK = (
    "https://app.svix.test/login#key="
    + base64.b64encode(
        json.dumps({"appId": "app_1", "oneTimeToken": "ott_1", "region": "eu"}).encode()
    ).decode()
)

PLATFORM = "platform"
BACKEND = "backend"
FRONTEND = "frontend"
SVIX = "svix"

# Optional in the description, required by us: without a version no write is safe, and the switches
# are the only reason to read the environment.
INSISTED = {
    "PlatformGetConfig": ["config_version"],
    "getEnvironment": ["api_keys_settings"],
    "createSessionToken": ["jwt"],
    "CreateSignInToken": ["token"],
}


@dataclass(frozen=True)
class Case:
    """A method, and the operation that it sends."""

    document: str
    client: type
    method: str
    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    ids: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.client.__name__}.{self.method}"


def platform(method: str, operation: str, *ids: str, **arguments: Any) -> Case:
    return Case(PLATFORM, PlatformClient, method, operation, arguments, ("app_1", *ids))


def backend(method: str, operation: str, *ids: str, **arguments: Any) -> Case:
    return Case(BACKEND, BackendClient, method, operation, arguments, ids)


def svix(method: str, operation: str, *ids: str, **arguments: Any) -> Case:
    return Case(SVIX, SvixClient, method, operation, arguments, ids)


def people(method: str, operation: str, *ids: Any, **arguments: Any) -> Case:
    return Case(BACKEND, UsersClient, method, operation, arguments, ids)


def visitor(method: str, operation: str, *ids: Any, **arguments: Any) -> Case:
    return Case(FRONTEND, VisitorClient, method, operation, arguments, ids)


CASES = [
    platform("get_application", "PlatformGetApplication", include_secret_keys=True),
    platform(
        "create_instance",
        "PlatformCreateInstance",
        domain="example.com",
        clone_instance_id="ins_1",
    ),
    platform("get_config", "PlatformGetConfig", "development", keys=["billing", "session"]),
    platform(
        "patch_config",
        "PlatformPatchConfig",
        "ins_1",
        changes={"billing": {"organization_enabled": True}},
        if_match="7",
        dry_run=True,
        destructive=True,
    ),
    platform("get_config_schema", "PlatformGetConfigSchema", "ins_1", keys=["billing"]),
    platform(
        "rotate_secret_keys",
        "PlatformRotateInstanceSecretKeys",
        "ins_1",
        overlap_hours=24,
        reason="somebody left",
    ),
    platform("list_domains", "PlatformListApplicationDomains"),
    platform("domain_status", "PlatformGetApplicationDomainStatus", "example.com"),
    platform("dns_check", "PlatformTriggerDNSCheck", "example.com"),
    backend("get_instance", "GetInstance"),
    backend("server_time", "GetInstance"),
    backend("list_plans", "GetCommercePlanList", payer_type="org"),
    backend(
        "count_subscription_items",
        "GetCommerceSubscriptionItemList",
        plan_id="cplan_1",
        payer_type="org",
        status="ended",
    ),
    backend("list_subscription_items", "GetCommerceSubscriptionItemList"),
    backend("list_roles", "ListOrganizationRoles"),
    backend(
        "create_role",
        "CreateOrganizationRole",
        key="org:finance",
        name="Finance",
        description="Money",
        permissions=("perm_1",),
        in_initial_role_set=True,
    ),
    backend(
        "update_role",
        "UpdateOrganizationRole",
        "role_1",
        name="Finance",
        description="Money",
        permissions=["perm_1"],
    ),
    backend("delete_role", "DeleteOrganizationRole", "role_1"),
    backend("list_permissions", "ListOrganizationPermissions"),
    backend(
        "create_permission",
        "CreateOrganizationPermission",
        key="org:invoices:read",
        name="Read invoices",
        description="All of them",
    ),
    backend(
        "update_permission",
        "UpdateOrganizationPermission",
        "perm_1",
        name="Read invoices",
        description="All of them",
    ),
    backend("delete_permission", "DeleteOrganizationPermission", "perm_1"),
    backend("list_role_sets", "ListRoleSets"),
    backend(
        "update_role_set",
        "UpdateRoleSet",
        "role_set:default",
        creator_role="org:admin",
        default_role="org:member",
    ),
    backend("add_to_role_set", "AddRolesToRoleSet", "role_set:default", roles=["org:finance"]),
    backend(
        "replace_in_role_set",
        "ReplaceRoleInRoleSet",
        "role_set:default",
        role="org:finance",
        by="org:member",
    ),
    backend("list_jwt_templates", "ListJWTTemplates"),
    backend("list_redirect_urls", "ListRedirectURLs"),
    backend("list_enterprise_connections", "ListEnterpriseConnections"),
    backend("list_domains", "ListDomains"),
    backend("count_users", "GetUsersCount", email_address_query="+clerk_test"),
    backend("create_svix_app", "CreateSvixApp"),
    backend("svix_url", "GenerateSvixAuthURL"),
    backend("delete_svix_app", "DeleteSvixApp"),
    people("create_user", "CreateUser", email_address="jo@example.com"),
    people("find_users", "GetUserList", email_address="jo"),
    people("delete_user", "DeleteUser", "user_1"),
    people("create_organization", "CreateOrganization", name="Acme", created_by="user_1"),
    people("find_organizations", "ListOrganizations", query="acme"),
    people("delete_organization", "DeleteOrganization", "org_1"),
    people("subscription", "GetOrganizationBillingSubscription", "org_1"),
    people("create_sign_in_token", "CreateSignInToken", user_id="user_1", expires_in_seconds=60),
    people("create_testing_token", "CreateTestingToken"),
    people(
        "create_api_key",
        "createApiKey",
        name="Nightly",
        subject=f"org_{'x' * 27}",
        seconds_until_expiration=60,
    ),
    people("list_api_keys", "getApiKeys", f"org_{'x' * 27}"),
    people("verify_api_key", "verifyApiKey", SecretStr("ak_1")),
    people("revoke_api_key", "revokeApiKey", "ak_1"),
    Case(FRONTEND, FrontendClient, "environment", "getEnvironment"),
    visitor("sign_up", "createSignUps", {"email_address": "jo@example.com", "password": "long"}),
    visitor("send_code", "prepareSignUpsVerification", "sua_1"),
    visitor("verify_code", "attemptSignUpsVerification", "sua_1", code="424242"),
    visitor("sign_in", "createSignIn", ticket=SecretStr("ticket")),
    visitor("session_token", "createSessionToken", "sess_1", organization_id="org_1"),
    svix("list_endpoints", "v1.endpoint.list"),
    svix("get_endpoint", "v1.endpoint.get", "ep_1"),
    svix(
        "create_endpoint",
        "v1.endpoint.create",
        url="https://example.com/hook",
        event_types=["user.created"],
        description="ours",
        headers={"x-own": "value"},
        disabled=True,
    ),
    svix(
        "update_endpoint",
        "v1.endpoint.patch",
        "ep_1",
        url="https://example.com/hook",
        event_types=["user.created"],
        description="ours",
    ),
    svix("delete_endpoint", "v1.endpoint.delete", "ep_1"),
    svix("signing_secret", "v1.endpoint.get-secret", "ep_1"),
    svix("headers", "v1.endpoint.get-headers", "ep_1"),
    svix(
        "patch_headers",
        "v1.endpoint.patch-headers",
        "ep_1",
        headers={"x-own": "value", "x-other": None},
    ),
    svix(
        "recent_attempts",
        "v1.message-attempt.list-by-endpoint",
        "ep_1",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        until=datetime(2026, 1, 8, tzinfo=UTC),
    ),
    svix("list_event_types", "v1.event-type.list"),
    svix(
        "rotate_signing_secret",
        "v1.endpoint.rotate-secret",
        "ep_1",
        overlap_seconds=604_800,
        secret=SecretStr("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ),
]
NOT_REQUESTS = {"close", "from_link"}


class Description:
    """An official description that answers requests with examples, and records the requests."""

    def __init__(self, name: str, make: Callable[[Description, Any], Any]) -> None:
        self.document = document(name)
        self.version = self.document["info"]["version"] if name == BACKEND else None
        self.make = make
        self.asked: list[str] = []
        server = self.document["servers"][0]["url"]
        self.base = "/v1" if server.endswith("/v1") else ""

    def app(self, request: httpx.Request) -> httpx.Response:
        # Each request names the description that it was made from.
        assert request.headers.get("Clerk-API-Version") == self.version
        operation, parameters = self._operation(request)
        self._check_query(request, parameters)
        self._check_body(request, operation)
        self.asked.append(operation["operationId"])
        status, answer = next(
            (code, self.resolved(each))
            for code, each in operation["responses"].items()
            if code.startswith("2")
        )
        if "content" not in answer:
            return httpx.Response(int(status))
        schema = self.resolved(answer["content"]["application/json"]["schema"])
        required = [*schema.get("required", []), *INSISTED.get(operation["operationId"], [])]
        return httpx.Response(int(status), json=self.make(self, {**schema, "required": required}))

    def resolved(self, schema: Any) -> Any:
        """Follow a reference, and merge the parts of an allOf."""
        while "$ref" in schema:
            target = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        if "allOf" in schema:
            whole: dict[str, Any] = {**schema, "properties": {}, "required": []}
            del whole["allOf"]
            for part in map(self.resolved, schema["allOf"]):
                whole["properties"] |= part.get("properties", {})
                whole["required"] += part.get("required", [])
                whole.setdefault("type", part.get("type"))
            return whole
        return schema

    def _operation(self, request: httpx.Request) -> tuple[Any, list[Any]]:
        path = request.url.path.removeprefix(self.base)
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            operation = item.get(request.method.lower())
            if operation and re.fullmatch(pattern, path):
                both = [*item.get("parameters", []), *operation.get("parameters", [])]
                return operation, [self.resolved(each) for each in both]
        raise AssertionError(f"{request.method} {unquote(path)} is not described")

    def _check_query(self, request: httpx.Request, parameters: list[Any]) -> None:
        described = {
            parameter["name"]: parameter["schema"]
            for parameter in parameters
            if parameter["in"] == "query"
        }
        # A credential may be in the query too.
        for scheme in self.document["components"]["securitySchemes"].values():
            if scheme.get("in") == "query":
                described[scheme["name"]] = {"type": "string"}
        for name, text in request.url.params.multi_items():
            schema = self.resolved(described[name])
            schema = self.resolved(schema.get("items", schema))
            value = text if schema["type"] == "string" else json.loads(text)
            jsonschema.validate(value, {k: v for k, v in schema.items() if k != "default"})

    def _check_body(self, request: httpx.Request, operation: Any) -> None:
        described = operation.get("requestBody")
        if described is None:
            assert request.content == b""
            return
        described = self.resolved(described)
        if not request.content:
            assert not described.get("required")
            return
        media_type = request.headers["Content-Type"]
        schema = self.resolved(described["content"][media_type]["schema"])
        is_form = media_type != "application/json"
        body = dict(parse_qsl(request.content.decode())) if is_form else json.loads(request.content)
        if schema.get("properties"):
            # Unknown fields are dropped, even if the description allows them.
            assert set(body) <= set(schema["properties"])
        jsonschema.Draft202012Validator(
            {**plain(schema), "components": plain(self.document["components"])}
        ).validate(body)


def least(described: Description, schema: Any) -> Any:
    """Return the smallest value of the schema: required fields only, null wherever allowed."""
    return _value(described, schema, least, everything=False)


def most(described: Description, schema: Any) -> Any:
    """Return a value with every described field, and no null."""
    return _value(described, schema, most, everything=True)


def _value(described: Description, schema: Any, again: Any, *, everything: bool) -> Any:
    schema = described.resolved(schema)
    if schema.get("nullable") and not everything:
        return None
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return again(described, schema[choice][0])
    match schema.get("type"):
        case "array":
            return [again(described, schema["items"])]
        case "boolean":
            return True
        case "integer" | "number":
            return 1
        case "string":
            return "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else "text"
    return {
        name: again(described, each)
        for name, each in schema.get("properties", {}).items()
        if everything or name in schema.get("required", [])
    }


def made(case: Case, transport: httpx.BaseTransport) -> Any:
    """Return the client of the case."""
    if case.client is SvixClient:
        return SvixClient.from_link(LINK, transport=transport)
    if case.client in (FrontendClient, VisitorClient):
        return case.client(publishable_key=PUBLISHABLE_KEY, transport=transport)
    return case.client(key=SecretStr("ak_1"), base_url=CLERK, transport=transport)


@pytest.mark.parametrize("make", [least, most])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_method_fits_its_description(case: Case, make: Callable[[Description, Any], Any]) -> None:
    described = Description(case.document, make)

    # The smallest answer to a dry run does not say that it was one.
    with suppress(NotADryRun), made(case, httpx.MockTransport(described.app)) as client:
        getattr(client, case.method)(
            *case.ids, **(case.arguments | case.arguments.get("fields", {}))
        )

    exchange = ["v1.authentication.exchange-one-time-token"] * (case.client is SvixClient)
    assert described.asked == [*exchange, case.operation]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_method_names_the_operation_it_stands_for(case: Case) -> None:
    assert case.operation in (inspect.getdoc(getattr(case.client, case.method)) or "")


def test_every_method_is_compared() -> None:
    clients = (
        PlatformClient,
        BackendClient,
        UsersClient,
        FrontendClient,
        VisitorClient,
        SvixClient,
    )

    assert {str(case) for case in CASES} == {
        f"{client.__name__}.{name}" for client in clients for name in _requests(client)
    }


def test_every_argument_is_compared() -> None:
    for case in CASES:
        parameters = list(inspect.signature(getattr(case.client, case.method)).parameters)[1:]
        given = parameters[: len(case.ids)]
        assert set(parameters) == {*given, *case.arguments}, str(case)


def _requests(client: type) -> Iterator[str]:
    for name, _ in inspect.getmembers(client, inspect.isroutine):
        if not name.startswith("_") and name not in NOT_REQUESTS:
            yield name
