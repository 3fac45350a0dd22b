"""Which parts of the services' answers are compared, and which are each instance's own."""

from __future__ import annotations

from typing import Any

from clerkstack.checks.finding import Finding
from clerkstack.clients.frontend import ApiKeySettings
from clerkstack.clients.instance_lists import EnterpriseConnection, InstanceDomain, JwtTemplate
from clerkstack.clients.role_answers import Permission, Role, RoleSet, RoleSetItem
from clerkstack.clients.svix import Endpoint
from clerkstack.parity import entities
from tests.unit.parity.snapshots import entities_between


def connection(**fields: Any) -> EnterpriseConnection:
    given = {
        "id": "entconn_1",
        "name": "Acme",
        "provider": "saml_okta",
        "active": True,
        "domains": ["acme.com"],
        "saml_connection": {
            "idp_entity_id": "http://idp.example/1",
            "idp_sso_url": "https://idp.example/1",
            "force_authn": False,
        },
        **fields,
    }
    return EnterpriseConnection.model_validate(given)


def between_connections(mine: EnterpriseConnection, theirs: EnterpriseConnection) -> Any:
    return entities_between(entities.of_connections([mine]), entities.of_connections([theirs]))


def test_what_an_identity_provider_gives_each_instance_is_no_difference() -> None:
    there = {"idp_entity_id": "http://idp.example/2", "idp_sso_url": "https://idp.example/2"}
    theirs = connection(
        id="entconn_2", organization_id="org_2", saml_connection={**there, "force_authn": False}
    )

    assert between_connections(connection(organization_id="org_1"), theirs) == {}


def test_everything_else_of_a_connection_is_compared() -> None:
    theirs = connection(
        active=False,
        domains=["acme.com", "acme.org"],
        saml_connection={"idp_entity_id": "http://idp.example/2", "force_authn": True},
    )

    assert between_connections(connection(), theirs) == {
        ("SSO Acme", "active"): (True, False, "differs"),
        ("SSO Acme", "domain acme.org"): (None, "there", "only"),
        ("SSO Acme", "idp_sso_url"): ("set", None, "missing"),
        ("SSO Acme", "force_authn"): (False, True, "differs"),
    }


def test_a_client_id_of_oidc_is_not_shown() -> None:
    config = {"client_id": "the-id", "discovery_url": "https://idp.example"}
    oidc = connection(provider="oidc_custom", saml_connection=None, oauth_config=config)
    bare = connection(provider="oidc_custom", saml_connection=None, oauth_config={})

    assert between_connections(oidc, bare) == {
        ("SSO Acme", "client_id"): ("set", None, "missing"),
        ("SSO Acme", "discovery_url"): ("https://idp.example", None, "missing"),
    }


def test_of_an_endpoints_url_the_path_is_compared() -> None:
    def endpoint(url: str) -> Endpoint:
        return Endpoint(id="ep_1", url=url)

    mine = [endpoint("https://a.example/hook?token=secret"), endpoint("https://a.example")]
    theirs = [endpoint("https://b.example/hook"), endpoint("https://b.example/other")]

    assert entities_between(entities.of_endpoints(mine), entities.of_endpoints(theirs)) == {
        ("webhook /", ""): ("there", None, "missing"),
        ("webhook /other", ""): (None, "there", "only"),
    }


def test_roles_and_permissions_are_compared_by_key() -> None:
    def permission(id_: str, key: str, name: str) -> Permission:
        return Permission(id=id_, key=key, name=name)

    def role(*held: Permission) -> Role:
        return Role(id="role_1", key="org:f", name="F", description=None, permissions=held)

    mine = permission("perm_1", "org:a:read", "Read"), permission("perm_2", "org:b:read", "B")
    theirs = permission("perm_3", "org:a:read", "See"), permission("perm_4", "org:b:read", "B")

    def held(*keys: str) -> RoleSet:
        items = tuple(RoleSetItem(key=key) for key in keys)
        return RoleSet(key="role_set:default", name="Default", type="initial", roles=items)

    found = entities_between(
        entities.of_roles([role(*mine)], mine, [held("org:admin", "org:f")]),
        entities.of_roles([role(theirs[0])], theirs, [held("org:admin")]),
    )

    assert found == {
        ("role org:f", "permission org:b:read"): ("there", None, "missing"),
        ("permission org:a:read", "name"): ("Read", "See", "differs"),
        ("role set default", "roles"): (["org:admin", "org:f"], ["org:admin"], "differs"),
    }


def test_templates_are_compared_without_their_ids() -> None:
    def template(id_: str, **fields: Any) -> JwtTemplate:
        given = {
            "name": "hasura",
            "claims": {"a": {"b": "1"}},
            "lifetime": 60,
            "allowed_clock_skew": 5,
            "custom_signing_key": False,
            "signing_algorithm": "RS256",
        }
        return JwtTemplate.model_validate({**given, "id": id_, **fields})

    mine = entities.of_jwt_templates([template("jtmp_1")])
    theirs = entities.of_jwt_templates([template("jtmp_2", lifetime=30, claims={"a": {"b": "2"}})])

    assert entities_between(mine, theirs) == {
        ("JWT template hasura", "claims.a.b"): ("1", "2", "differs"),
        ("JWT template hasura", "lifetime"): (60, 30, "differs"),
    }


def test_satellites_are_counted() -> None:
    def domain(name: str, *, satellite: bool) -> InstanceDomain:
        return InstanceDomain(
            id=name, name=name, is_satellite=satellite, frontend_api_url=f"https://clerk.{name}"
        )

    primary = [domain("x.accounts.dev", satellite=False)]
    mine = [*primary, domain("localhost:3001", satellite=True)]

    assert entities_between([entities.of_domains(mine)], [entities.of_domains(primary)]) == {
        ("satellite domains", "count"): (1, 0, "differs")
    }
    assert list(entities.needs_of_production((), mine[1:])) == [
        Finding("domains", "primary domain", message="needed in production")
    ]
    assert list(entities.needs_of_production((), mine)) == []


def test_switches_are_called_as_in_the_dashboard() -> None:
    def switches(*, users: bool) -> list[entities.Entity]:
        shown = ApiKeySettings(
            enabled=True, user_api_keys_enabled=users, orgs_api_keys_enabled=True
        )
        return [entities.of_api_keys(shown)]

    assert entities_between(switches(users=True), switches(users=False)) == {
        ("API keys", "Enable User API keys"): (True, False, "differs")
    }
