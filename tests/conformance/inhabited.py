"""A running world with data of every kind, and the names that requests can use."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

from schemathesis.schemas import APIOperation

from local.world import World, seed
from local.world.clerk.models import Instance
from local.world.clerk.organizations import create_permission, create_role
from local.world.clerk.role_sets import create_role_set, initial_set
from local.world.clerk.subscriptions import subscribe
from local.world.svix.inputs import EndpointCreate, read
from tests.conformance.people import people_bodies, people_in
from tests.world.svix_accounts import unpacked

SECOND = "app_second"
URL = "https://sendero.example/api/webhooks/clerk"
SINCE = datetime.now(UTC).isoformat()
PRO = {
    "name": "Pro",
    "payer_type": "org",
    "amount": 6000,
    "annual_monthly_amount": 5000,
    "features": ["audit"],
    "free_trial_enabled": True,
    "free_trial_days": 14,
}
CONFIG = {
    "organization_settings": {"enabled": True},
    "billing": {
        "organization_enabled": True,
        "features": {"audit": {"name": "Audit", "description": "A log."}},
        "plans": {"pro": PRO, "spare": {"name": "Spare", "payer_type": "org", "amount": 100}},
    },
}


SET_OF_ROLES = {
    "roles": ["org:admin", "org:member", "org:spare"],
    "default_role_key": "org:member",
    "creator_role_key": "org:admin",
}


@dataclass(repr=False)
class Inhabited:
    """The world as it is at the beginning of each request.

    ``names`` are values of parameters, by the parameter's name in the descriptions; ``bodies`` are
    valid bodies, by operation; ``headers`` authenticate a request, by API.
    """

    world: World
    names: dict[str, list[str]]
    bodies: dict[str, list[Any]]
    headers: dict[str, list[dict[str, str]]]
    clerk: Any
    svix: bytes
    _restored: bytes = field(default=b"", init=False)
    """The state after the last restore."""

    def parts_of(self, operation: APIOperation) -> list[dict[str, Any]]:
        """Return valid parts of an operation's requests: the path, and one more part."""
        names = [path_parameter.name for path_parameter in operation.path_parameters]
        paths = [
            {"path_parameters": dict(zip(names, values, strict=True))}
            for values in product(*(self.names[name] for name in names))
        ]
        queries = [
            {"query": {each.name: value}}
            for each in operation.query
            for value in self.names.get(each.name, ())
        ]
        bodies = self.bodies.get(operation.definition.raw["operationId"], ())
        besides = [{}, *queries, *({"body": body} for body in bodies)]
        return [{**path, **more} for path in paths for more in besides]

    def wrong_parts_of(self, operation: APIOperation) -> list[dict[str, Any]]:
        """Return parts with one query parameter that is no number, or no boolean, as described."""
        path = self.parts_of(operation)[0]
        return [
            {**path, "query": {parameter.name: "wrong"}}
            for parameter in operation.query
            if parameter.definition.get("schema", {}).get("type") in ("integer", "boolean")
        ]

    def restore(self) -> None:
        """Undo the effects of requests. No request may be in progress."""
        self.world.svix.deliveries.settle()
        # To see that nothing changed takes a fifth of the time of a restored state.
        if self._state() == self._restored:
            return
        self.world.clerk.load(self.clerk)  # this makes a copy
        self.world.svix.load(pickle.loads(self.svix))
        self._restored = self._state()

    def _state(self) -> bytes:
        return pickle.dumps((self.world.clerk.live(), self.world.svix.live()))


@contextmanager
def inhabited() -> Iterator[Inhabited]:
    """Start a world with two applications, the first one with production, plans, roles and a
    webhook."""
    with World(proxy=False) as world:
        clerk, svix = world.clerk, world.svix
        clerk.seed_application(application_id=SECOND, name="Second", platform_key=seed.PLATFORM_KEY)
        development = clerk.instance(seed.APPLICATION_ID, "development")
        clerk.write_config(development, CONFIG)
        subscribe(development, "pro", 2, clerk.now_ms())
        production = clerk.create_instance(
            seed.APPLICATION_ID, domain="sendero.example", clone_of=None
        )
        role = create_role(development, {"key": "org:spare", "name": "Spare"}, clerk.now_ms())
        form = {"key": "org:reports:read", "name": "Read reports"}
        permission = create_permission(development, form, clerk.now_ms())
        form = {"name": "Wide", **SET_OF_ROLES}
        wide = create_role_set(development, form, clerk.now_ms())

        people = people_in(clerk, development)

        app = svix.create_app(development.id)
        form = {"url": URL, "uid": "main", "eventTypes": ["user.created"], "headers": {"X-A": "1"}}
        endpoint = svix.create_endpoint(svix.apps()[app], read(EndpointCreate, form))
        account = svix.apps()[app]
        tags = {"channels": ["a"], "tags": ["b"], "event_id": "one"}
        message = svix.deliveries.create(account, "user.created", {"id": "user_1"}, **tags)
        svix.deliveries.settle()
        attempt = next(iter(account.sent.attempts))
        token = svix.exchange(unpacked(svix.link(development.id))["oneTimeToken"])["token"]
        one_time_token = unpacked(svix.link(development.id))["oneTimeToken"]

        roles = {each.key: each for each in development.roles.values()}
        yield Inhabited(
            world,
            names={
                "applicationID": [seed.APPLICATION_ID, SECOND],
                "envOrInsID": [development.id, "development", production.id, "production"],
                "domainIDOrName": [production.domain.id, "sendero.example"],
                "organization_role_id": [role.id, roles["org:member"].id, roles["org:admin"].id],
                "role_set_key_or_id": [wide.key, initial_set(development).id],
                "permission_id": [permission.id, *roles["org:member"].permissions],
                **people,
                "plan_id": [development.id_of("plan", "pro")],
                "keys": ["billing", "session,billing"],
                "paginated": ["true"],
                "app_id": [app],
                "endpoint_id": [endpoint.id, "main"],
                "event_type_name": ["user.created", "apiKey.created"],
                "msg_id": [message.id, "one"],
                "attempt_id": [attempt],
                "event_types": ["user.created"],
                "status": ["2"],
                "status_code_class": ["0"],
                "before": ["2035-01-01T00:00:00Z"],
                "after": ["2035-01-01T00:00:00Z"],
                "with_content": ["false"],
                "with_msg": ["true"],
                "channel": ["a", "c"],
                "tag": ["b"],
                "iterator": [endpoint.id, message.id, attempt],
            },
            bodies={
                **_bodies(development, clerk.read_config(development, ()), one_time_token),
                **people_bodies(people),
            },
            headers={
                "platform": _bearers(seed.PLATFORM_KEY),
                "backend": _bearers(development.secret, production.secret),
                "frontend": [
                    {"Host": development.host, "Cookie": people["cookie"][0]},
                    {"Host": production.host},
                ],
                "svix": _bearers(svix.organization_token(), token),
            },
            clerk=clerk.dump(),
            svix=pickle.dumps(svix.dump()),
        )


def _bearers(*keys: str) -> list[dict[str, str]]:
    return [{"Authorization": f"Bearer {key}"} for key in keys]


def _bodies(instance: Instance, config: dict[str, Any], one_time_token: str) -> dict[str, Any]:
    held = [next(iter(instance.permissions))]
    role = next(role.id for role in instance.roles.values() if role.key == "org:admin")
    rotation = {"delay_old_secrets_expiration_hours": 1, "reason": "somebody left"}
    endpoint = {"url": URL, "eventTypes": ["user.created", "user.deleted"]}
    return {
        "PlatformCreateInstance": [
            {"domain": "second.example"},
            {"domain": "second.example", "environment_type": "production"},
            {"domain": "second.example", "clone_instance_id": "ins_seconddev"},
        ],
        "PlatformPatchConfig": [
            {"billing": {"plans": {"pro": {"amount": 6500}}}},
            {"billing": {"plans": {"spare": None}}},
            {"billing": {"features": {"sso": {"name": "SSO"}}}},
            {"session": {"claims": {"plan": "{{org.plan}}"}}},
        ],
        "PlatformPutConfig": [config],
        "PlatformRotateSecretKeys": [rotation],
        "PlatformRotateInstanceSecretKeys": [rotation],
        "UpdateInstanceOrganizationSettings": [
            {"max_allowed_memberships": 9, "creator_role_id": role},
            {"domains_enabled": True, "domains_enrollment_modes": ["automatic_invitation"]},
        ],
        "CreateOrganizationRole": [{"name": "F", "key": "org:finance", "permissions": held}],
        "UpdateOrganizationRole": [{"name": "Other"}, {"key": "org:other", "permissions": held}],
        "CreateOrganizationPermission": [{"name": "Read", "key": "org:invoices:read"}],
        "UpdateOrganizationPermission": [{"name": "Other", "key": "org:reports:see"}],
        "CreateRoleSet": [{"name": "Third", "type": "initial", **SET_OF_ROLES}],
        "UpdateRoleSet": [
            {"name": "Other", "key": "role_set:other", "creator_role_key": "org:admin"},
            {"type": "initial"},
        ],
        "AddRolesToRoleSet": [{"role_keys": ["org:spare"], "default_role_key": "org:spare"}],
        "ReplaceRoleInRoleSet": [{"role_key": "org:spare", "to_role_key": "org:member"}],
        "ReplaceRoleSet": [{"dest_role_set_key": "role_set:default"}],
        "CreateJWTTemplate": [{"name": "integration", "claims": {"plan": "{{org.plan}}"}}],
        "CreateRedirectURL": [{"url": "https://sendero.example/done"}],
        "CreateEnterpriseConnection": [
            {"name": "Acme", "provider": "saml_okta", "domains": ["acme.example"]},
            {"name": "Acme", "provider": "oidc_custom", "domains": ["acme.example"]},
        ],
        "v1.authentication.exchange-one-time-token": [{"oneTimeToken": one_time_token}],
        "v1.endpoint.create": [endpoint, {**endpoint, "uid": "second", "channels": ["a"]}],
        "v1.endpoint.upsert": [endpoint, {**endpoint, "throttleRate": 5, "uid": "main"}],
        "v1.endpoint.patch": [endpoint, {"disabled": True, "metadata": {"made-by": "us"}}],
        "v1.endpoint.rotate-secret": [{}, {"gracePeriodSeconds": 3600}],
        "v1.endpoint.send-example": [{"eventType": "user.created"}],
        "v1.endpoint.set-headers": [{"headers": {"X-A": "1"}}],
        "v1.endpoint.patch-headers": [{"headers": {"X-A": None}, "deleteHeaders": ["X-B"]}],
        "v1.endpoint.recover": [{"since": SINCE}],
        "v1.endpoint.replay-missing": [{"since": SINCE, "until": None}],
        "v1.message.create": [
            {"eventType": "user.created", "payload": {"id": "user_2"}},
            {"eventType": "user.deleted", "payload": {}, "eventId": "two", "tags": ["b"]},
            {"eventType": "user.deleted", "payload": {}, "eventId": "one"},
        ],
    }
