"""Stacks of one instance, each with all kinds of resources, driven without an engine.

Each has a checkout, with its intent logs, and a backend, which lists the others. A run can be
killed at any request, and before the state is written.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clerkstack.clients.http import Http
from clerkstack.providers.api_keys import ApiKeysProvider
from clerkstack.providers.base import ClerkProvider, fingerprint_of
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.instance import InstanceProvider
from clerkstack.providers.roles import OrganizationRolesProvider
from clerkstack.providers.sections import OrganizationSettingsProvider, SignInProvider
from clerkstack.providers.webhook import WebhookEndpointProvider
from clerkstack.reconcile.roles import IN_SET
from clerkstack.state import engine
from clerkstack.state.neighbours import stacks_on
from local.driven import Driven, Props, config_on
from local.world import World
from local.world import seed as seeded
from tests.backend import Backend, Resources
from tests.engine.live import read_instance

ON = {"application_id": seeded.APPLICATION_ID, "environment": "development"}
KINDS: dict[str, tuple[str, Callable[[], ClerkProvider]]] = {
    "instance": ("Instance", InstanceProvider),
    "sign_in": ("SignIn", SignInProvider),
    "organizations": ("OrganizationSettings", OrganizationSettingsProvider),
    "roles": ("OrganizationRoles", OrganizationRolesProvider),
    "billing": ("Billing", BillingProvider),
    "api_keys": ("ApiKeys", ApiKeysProvider),
    "webhook": ("WebhookEndpoint", WebhookEndpointProvider),
}
"""The kinds of resources in the order in which the program declares them."""
RETAINED = ("instance",)
NOT_OFFERED = "apiKey.created"
"""An event in the default settings that Svix may not offer."""
BYPASS = "x-vercel-protection-bypass"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
Declared = Mapping[str, Props]


class Killed(BaseException):
    """The run was killed in the middle."""


@dataclass
class Stack:
    """One stack: `backend` is the address of its backend, `checkout` the folder it runs in."""

    name: str
    checkout: Path
    backend: str
    testbeds: SharedTestbed
    created: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stack = f"organization/clerkstack/{self.name}"
        self.resources = {
            kind: Driven(provider(), config_on(self.testbeds.world), stack, beside=self._others)
            for kind, (_, provider) in KINDS.items()
        }

    def up(self, declared: Declared) -> None:
        """Run one `pulumi up`, without a preview; removals come last."""
        with self._here():
            for kind, driven in self.resources.items():
                if kind in declared:
                    driven.up(copy.deepcopy(declared[kind]))
                    self.created.setdefault(kind, self.testbeds.now())
            self._remove([kind for kind in KINDS if kind not in declared])

    def destroy(self) -> None:
        """Run one `pulumi destroy`."""
        with self._here():
            self._remove(list(KINDS))

    def recover(self) -> None:
        """Do what `clerkstack recover` does about interrupted removals."""
        with self._here():
            for driven in self.resources.values():
                driven.refresh()

    def forget(self) -> None:
        """Run `pulumi stack rm --force`, and begin again."""
        self.created.clear()
        self.__post_init__()

    def as_older(self) -> None:
        """Remove from the state what older versions do not write."""
        for resource in self.resources.values():
            for name in ("stack", "noted", "shared"):
                resource.state.pop(name, None)
                resource.inputs.pop(name, None)

    def declares(self) -> dict[str, Props]:
        """Return the declarations in its state."""
        return {kind: each.inputs for kind, each in self.resources.items() if each.id}

    def exported(self) -> Resources:
        """Return its state as the engine exports it."""
        return [
            {
                "type": f"pulumi-python:dynamic/clerkstack:{KINDS[kind][0]}",
                "id": each.id,
                "created": self.created.get(kind, ""),
                "inputs": _exported(each.inputs),
                "outputs": _exported(each.state),
            }
            for kind, each in self.resources.items()
            if each.id
        ]

    def _remove(self, kinds: list[str]) -> None:
        for kind in reversed(kinds):
            driven = self.resources[kind]
            if kind in RETAINED:
                driven.id, driven.state, driven.inputs = None, {}, {}
            else:
                driven.destroy()
            self.created.pop(kind, None)

    def _others(self) -> list[Any]:
        return stacks_on(str(ON["application_id"]), str(ON["environment"]))

    @contextmanager
    def _here(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.checkout)
            patch.setenv("PULUMI_BACKEND_URL", self.backend)
            known = {
                each.name: each.exported
                for each in self.testbeds.stacks
                if each.backend == self.backend
            }
            told = Backend(known)
            told.broken = self.testbeds.broken
            patch.setattr(engine, "pulumi", told)
            yield


class SharedTestbed:
    """A world, and the stacks on its development instance."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self._folder = folder
        self._time = 0
        self.stacks: list[Stack] = []
        self.broken: set[str] = set()

    def stack(self, name: str, *, checkout: str = "one", backend: str = "one") -> Stack:
        """Return a new stack."""
        folder = self._folder / checkout
        folder.mkdir(exist_ok=True)
        (folder / "Pulumi.yaml").write_text("name: clerkstack\nruntime: python\n")
        made = Stack(name, folder, f"file://{self._folder}/{backend}", self)
        self.stacks.append(made)
        return made

    def now(self) -> str:
        """Return a time after all earlier ones."""
        self._time += 1
        return f"2026-11-29T10:00:{self._time:06}Z"


@contextmanager
def killed_at(stack: Stack, number: int, moment: str) -> Iterator[list[bool]]:
    """In this block, kill the stack's run at its n-th request, `before` it is sent or `after` its
    answer; or when the state of the n-th resource is about to be `written`. The yielded list gets
    an entry if that happens."""
    struck: list[bool] = []
    count = 0

    def strike() -> None:
        nonlocal count
        count += 1
        if count == number:
            struck.append(True)
            raise Killed

    attempt = Http._attempt

    def attempted(http: Http, *how: Any) -> Any:
        if moment == "before":
            strike()
        answer = attempt(http, *how)
        if moment == "after":
            strike()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        if moment == "written":
            for driven in stack.resources.values():
                patch.setattr(driven, "written", strike)
        else:
            patch.setattr(Http, "_attempt", attempted)
        with suppress(Killed):
            yield struck


def live(world: World) -> dict[str, Any]:
    """Return what stacks declare on the instance, without Clerk's own plan, which stays."""
    instance = world.clerk.instance(seeded.APPLICATION_ID, "development")
    config = copy.deepcopy(world.clerk.read_config(instance, []))
    free = config["billing"]["plans"].pop("free_org", {})
    initial = next(
        role_set for role_set in instance.role_sets.values() if role_set.type == "initial"
    )
    read = read_instance(world)
    return {
        **{f"config {name}": fields for name, fields in config.items()},
        **{f"role {role.key}": _role(role) for role in instance.roles.values()},
        **{
            f"permission {permission.key}": permission.name
            for permission in instance.permissions.values()
        },
        "features of Clerk's own plan": free.get("features") or [],
        "initial role set": (sorted(initial.roles), initial.default_role, initial.creator_role),
        **{
            f"endpoint {endpoint.url}": (
                endpoint.description,
                sorted(endpoint.event_types or ()),
                headers_of(world, endpoint.id),
            )
            for endpoint in read.endpoints
        },
    }


def headers_of(world: World, endpoint_id: str) -> dict[str, str]:
    """Return the headers of a webhook endpoint."""
    [app] = world.svix.apps().values()
    return dict(app.endpoints[endpoint_id].headers)


def _role(role: Any) -> tuple[Any, ...]:
    return role.name, role.description or "", sorted(role.permissions)


def declared(world: World, *, parts: Iterable[str] = KINDS, **changes: Any) -> dict[str, Props]:
    """Return a stack's declaration: in each part something that no fresh world has.

    Args:
        world: the world.
        parts: the kinds of resources; the instance is always included.
        changes: `host` of the app; `amount` of the plan pro; `most` members; `role`: the name of
            the role finance; `users`: API keys of users; `claims` of the session token; `secret` of
            the OAuth connection; `without`: slugs and keys to leave out; `more`: additional slugs
            and keys; `events` of the webhook.
    """
    of = _Choices(**changes)
    key = world.clerk.instance(seeded.APPLICATION_ID, "development").publishable_key
    switches = {"orgs_api_keys_enabled": True, "user_api_keys_enabled": of.users}
    every: dict[str, Props] = {
        "instance": {"clone_development": True},
        "sign_in": {
            "sections": {
                "connection_oauth_github": {"enabled": True, "client_id": "own"},
                "session": {"claims": {"of": of.claims}},
            },
            "client_secret_github": f"hush-hush-{of.secret}",
            "fingerprints": {"github": of.secret},
        },
        "organizations": {
            "sections": {
                "organization_settings": {"enabled": True, "max_allowed_memberships": of.most}
            }
        },
        "roles": _roles(of),
        "billing": _billing(of),
        "api_keys": {"publishable_key": key, "switches": switches},
        "webhook": {
            "url": f"https://{of.host}/api/webhooks/clerk",
            "events": list(of.events),
            "optional_events": [event for event in of.events if event == NOT_OFFERED],
            "description": "clerkstack",
            **_headers(of.headers),
            **(_address(of.host) if of.hidden else {}),
        },
    }
    return {kind: {**ON, **props} for kind, props in every.items() if kind in ("instance", *parts)}


@dataclass(frozen=True)
class _Choices:
    host: str = "one.sendero.example"
    amount: int = 6000
    most: int = 9
    role: str = "Finance"
    secret: str = "own"
    claims: str = "ours"
    users: bool = False
    without: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    events: tuple[str, ...] = ("user.created", NOT_OFFERED)
    headers: Mapping[str, str] = field(default_factory=lambda: {BYPASS: "own"})
    creator: str | None = None
    free: tuple[str, ...] = ()
    card: bool = False
    hidden: bool = False


def _roles(of: _Choices) -> Props:
    given = ["org:sys_memberships:read", "org:invoices:read"]
    roles = {
        "org:finance": {"name": of.role, "permissions": given, IN_SET: True},
        "org:member": {"name": "Member", IN_SET: True},
    }
    roles |= {key: {"name": "More", IN_SET: True} for key in of.more if key.startswith("org:")}
    permissions = {"org:invoices:read": {"name": "Read invoices"}}
    roles = {key: fields for key, fields in roles.items() if key not in of.without}
    if "org:finance" in of.without:
        permissions = {}
    role_set = {} if of.creator is None else {"creator_role": of.creator}
    return {"roles": roles, "permissions": permissions, "role_set": role_set}


def _address(host: str) -> Props:
    """Return the form of a URL that a person set as a secret."""
    place = str(ON["application_id"]), str(ON["environment"])
    own = fingerprint_of(*place, f"https://{host}/api/webhooks/clerk")
    return {"address": f"https://{host}/… ({own})"}


def _headers(headers: Mapping[str, str]) -> Props:
    """Return headers as the program declares them."""
    place = str(ON["application_id"]), str(ON["environment"])
    marks = {name: fingerprint_of(*place, value) for name, value in headers.items()}
    return {"header_fingerprints": marks, **({"headers": dict(headers)} if headers else {})}


def _billing(of: _Choices) -> Props:
    slugs = [slug for slug in of.more if not slug.startswith("org:")]
    plans = {
        slug: {
            "name": slug.title(),
            "amount": amount,
            "currency": "usd",
            "payer_type": "org",
            "features": [f"of_{slug}", "audit"],
            "free_trial_enabled": False,
            "publicly_visible": True,
            "is_recurring": True,
        }
        for slug, amount in {"pro": of.amount, "team": 900, **dict.fromkeys(slugs, 100)}.items()
        if slug not in of.without
    }
    free = {"payer_type": "org"}
    features = {f"of_{slug}": {"name": slug, "publicly_visible": True} for slug in plans}
    return {
        "settings": {
            "organization_enabled": True,
            "user_enabled": False,
            "free_trial_requires_payment_method": of.card,
        },
        "gateway": "clerk",
        "features": {**features, "audit": {"name": "Audit", "publicly_visible": True}},
        "plans": plans,
        "defaults": {"free_org": {**free, "features": list(of.free)}} if of.free else {},
        "app": {},
        "catalog": "catalog.yaml",
    }


def _exported(props: Props) -> Props:
    """Return properties as JSON, with secrets encrypted."""
    secrets = ["secret_key", "signing_secret", "headers", "headers_before"]
    secrets += ["url", "before"] if "address" in props else []
    hidden = {key for key in props if key in secrets or key.startswith("client_secret_")}
    shown = {key: value for key, value in props.items() if key not in hidden}
    encrypted = {**SECRET, "ciphertext": "…"}
    return {**json.loads(json.dumps(shown)), **dict.fromkeys(hidden, encrypted)}
