"""What production's code asks for, against an instance.

Roles that nobody can have, and what an update would take away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.providers.base import ClerkProvider
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.roles import OrganizationRolesProvider
from local.driven import Driven, Props, Refused, config_on
from local.world import World
from local.world import seed as seeded

ON = {"application_id": seeded.APPLICATION_ID, "environment": "production"}
SET = {"in_initial_role_set": True}
STACK = "organization/clerkstack/prod"


@pytest.fixture
def world(running: World) -> World:
    """Return a production instance with organizations and billing on."""
    running.reset()
    with PlatformClient(
        key=SecretStr(seeded.PLATFORM_KEY), base_url=running.urls.clerk
    ) as platform:
        of_development = platform.get_application(seeded.APPLICATION_ID).instances[0].instance_id
        platform.create_instance(
            seeded.APPLICATION_ID, domain="sendero.example", clone_instance_id=of_development
        )
    instance = running.clerk.instance(seeded.APPLICATION_ID, "production")
    running.clerk.write_config(instance, {"organization_settings": {"enabled": True}})
    running.clerk.write_config(instance, {"billing": {"organization_enabled": True}})
    return running


@pytest.fixture
def backend(world: World) -> Iterator[BackendClient]:
    with PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=world.urls.clerk) as platform:
        found = platform.get_application(seeded.APPLICATION_ID, include_secret_keys=True)
        (key,) = (e.secret_key for e in found.instances if e.environment_type == "production")
    assert key is not None
    with BackendClient(key=key, base_url=world.urls.clerk) as client:
        yield client


def asking(**uses: str) -> dict[str, Any]:
    """Return what the app asks for: a slug of each kind."""
    return {"uses": {kind: {slug: f"page.tsx:{len(slug)}:1"} for kind, slug in uses.items()}}


def roles(app: Props | None = None, **named: Props) -> Props:
    declared = {f"org:{key}": {"name": key, **SET, **each} for key, each in named.items()}
    whole = {"org:admin": SET, **declared}
    return {
        **ON,
        "roles": whole,
        "permissions": {},
        "role_set": {},
        **({"app": app} if app else {}),
    }


def plan(name: str, *features: str, payer: str = "org") -> Props:
    return {
        "name": name,
        "amount": 6000,
        "currency": "usd",
        "features": list(features),
        "payer_type": payer,
        "publicly_visible": True,
    }


def billing(app: Props | None = None, features: tuple[str, ...] = (), **plans: Props) -> Props:
    toggles = {"organization_enabled": True, "free_trial_requires_payment_method": False}
    return {
        **ON,
        "settings": {**toggles, "user_enabled": False},
        "features": {slug: {"name": slug} for slug in features},
        "plans": plans,
        "defaults": {},
        "catalog": "catalog.yaml",
        "app": app or {},
    }


def only_read(world: World) -> bool:
    """Whether nothing was written at Clerk."""
    return {each.method for each in world.journal() if each.service == "clerk"} <= {"GET"}


def driven(world: World, provider: Callable[[], ClerkProvider]) -> Driven:
    return Driven(provider(), config_on(world), STACK)


@pytest.mark.parametrize(
    ("kind", "slug", "says"),
    [
        ("role", "org:auditor", "neither the settings nor the instance has that role"),
        ("permission", "org:invoices:read", "neither the settings nor the instance has that perm"),
        ("role", "org:ghost", "is in no role set, so nobody can have it"),
    ],
)
def test_a_role_or_permission_that_nobody_has_is_refused_before_anything_is_sent(
    world: World, backend: BackendClient, kind: str, slug: str, says: str
) -> None:
    backend.create_role(key="org:ghost", name="Ghost", in_initial_role_set=False)
    world.clear_journal()

    with pytest.raises(Refused) as refused:
        driven(world, OrganizationRolesProvider).up(roles(asking(**{kind: slug})))

    assert says in str(refused.value)
    assert f"page.tsx:{len(slug)}:1" in str(refused.value)
    assert only_read(world)


def test_what_only_the_instance_gives_is_known(world: World, backend: BackendClient) -> None:
    read = backend.create_permission(key="org:invoices:read", name="Read invoices")
    backend.create_role(
        key="org:auditor", name="Auditor", permissions=[read.id], in_initial_role_set=True
    )
    app = asking(role="org:auditor", permission="org:invoices:read")

    stack = driven(world, OrganizationRolesProvider)
    stack.up(roles(app))

    assert stack.id


def test_a_permission_that_the_update_takes_from_the_last_role_is_refused(
    world: World, backend: BackendClient
) -> None:
    read = backend.create_permission(key="org:invoices:read", name="Read invoices")
    backend.create_role(
        key="org:auditor", name="Auditor", permissions=[read.id], in_initial_role_set=True
    )
    app = asking(permission="org:invoices:read")

    with pytest.raises(Refused, match="has that permission"):
        driven(world, OrganizationRolesProvider).up(roles(app, auditor={"permissions": []}))


def refused_at(stack: Driven, inputs: Props, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what a preview says about an update, and what the write says without a preview."""
    said = []
    for without in (False, True):
        with monkeypatch.context() as changed:
            if without:
                changed.setattr(type(stack.provider), "taken_away", lambda *_: ())
            else:
                changed.setattr(type(stack.provider), "update", lambda *_: pytest.fail("written"))
            with pytest.raises(ResourceFailed) as refused:
                stack.up(inputs)
        said.append(str(refused.value))
    return said


def test_a_role_that_the_update_removes_is_refused_while_the_app_asks_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = driven(world, OrganizationRolesProvider)
    stack.up(roles(asking(role="org:auditor"), auditor={}))
    world.clear_journal()

    said = refused_at(stack, roles(asking(role="org:auditor")), monkeypatch)

    assert all("has that role" in each for each in said)
    assert only_read(world)
    stack.up(roles())
    assert "org:auditor" not in stack.state["roles"]


def test_a_permission_that_goes_with_what_goes_back_is_refused(
    world: World, backend: BackendClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.create_permission(key="org:invoices:read", name="Read invoices")
    backend.create_role(key="org:auditor", name="Auditor", in_initial_role_set=True)
    stack = driven(world, OrganizationRolesProvider)
    app = asking(permission="org:invoices:read")
    stack.up(roles(app, auditor={"permissions": ["org:invoices:read"]}))
    world.clear_journal()

    said = refused_at(stack, roles(app), monkeypatch)

    assert all("has that permission" in each for each in said)
    assert only_read(world)


def test_an_app_that_is_no_longer_named_is_a_change_and_none_at_all_is_not(world: World) -> None:
    stack = driven(world, OrganizationRolesProvider)
    older = {key: value for key, value in roles().items() if key != "app"}
    stack.up(older)

    assert stack.up({**roles(), "app": {}}) is False
    assert stack.up(roles(asking(role="org:admin"))) is True
    assert stack.up({**roles(), "app": {}}) is True
    assert not stack.state["app"]


def test_development_asks_as_it_likes(world: World) -> None:
    inputs = {**roles(asking(role="org:auditor")), "environment": "development"}
    instance = world.clerk.instance(seeded.APPLICATION_ID, "development")
    world.clerk.write_config(instance, {"organization_settings": {"enabled": True}})

    driven(world, OrganizationRolesProvider).up(inputs)


@pytest.mark.parametrize("declares", [False, True])
def test_a_feature_that_the_update_takes_out_of_every_plan_is_refused(
    world: World, declares: bool
) -> None:
    stack = driven(world, BillingProvider)
    stack.up(billing(None, ("audit", "sso"), pro=plan("Pro", "audit", "sso")))
    app: Props = asking(feature="audit")
    if declares:
        app = {"plans": {"pro": ["sso"]}, "features": ["audit", "sso"]}

    with pytest.raises(Refused, match="no plan has the feature 'audit'"):
        stack.up(billing(app, ("audit", "sso"), pro=plan("Pro", "sso")))

    there = plan("Pro", "audit", "sso") if declares else plan("Pro", "sso")
    app = {"plans": {"pro": ["audit", "sso"]}, "features": ["audit", "sso"]} if declares else app
    inner = {} if declares else {"inner": {**plan("Inner", "audit"), "publicly_visible": False}}
    stack.up(billing(app, ("audit", "sso"), pro=there, **inner))


def test_a_plan_that_the_update_removes_is_refused_while_the_app_asks_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = driven(world, BillingProvider)
    stack.up(billing(asking(plan="old"), pro=plan("Pro"), old=plan("Old")))
    world.clear_journal()

    said = refused_at(stack, billing(asking(plan="old"), pro=plan("Pro")), monkeypatch)

    assert all("has that plan" in each for each in said)
    assert only_read(world)
    stack.up(billing(asking(plan="pro"), pro=plan("Pro")))


def test_where_nobody_answers_a_preview_goes_on_and_the_write_does_not(world: World) -> None:
    stack = driven(world, OrganizationRolesProvider)
    stack.up(roles(asking(role="org:auditor"), auditor={}))
    news = {**roles(asking(role="org:auditor")), "stack": STACK}
    world.fault(kind="status", status=403, service="clerk", path="organization_roles", times=9)

    assert stack.provider.diff("id", stack.state, news).changes
    with pytest.raises(Exception, match="403"):
        stack.up(roles(asking(role="org:auditor")))


def test_a_plan_that_was_there_before_stays_and_may_be_asked_for(world: World) -> None:
    instance = world.clerk.instance(seeded.APPLICATION_ID, "production")
    world.clerk.write_config(instance, {"billing": {"plans": {"old": plan("Old")}}})
    stack = driven(world, BillingProvider)
    stack.up(billing(asking(plan="old"), pro=plan("Pro"), old=plan("Old")))

    stack.up(billing(asking(plan="old"), pro=plan("Pro")))

    assert "old" not in stack.state["plans"]


def test_a_deployment_is_taken_down_though_its_app_asks_for_it(world: World) -> None:
    stack = driven(world, OrganizationRolesProvider)
    stack.up(roles(asking(role="org:auditor"), auditor={}))

    stack.destroy()

    assert stack.id is None


def test_a_plan_of_users_gives_nothing_while_they_are_not_billed(world: World) -> None:
    instance = world.clerk.instance(seeded.APPLICATION_ID, "production")
    world.clerk.write_config(instance, {"billing": {"user_enabled": True}})
    theirs = {
        "plans": {"solo": plan("Solo", "sync", payer="user")},
        "features": {"sync": {"name": "Sync"}},
    }
    world.clerk.write_config(instance, {"billing": theirs})
    world.clerk.write_config(instance, {"billing": {"user_enabled": False}})

    with pytest.raises(Refused, match="users, for whom billing is off"):
        driven(world, BillingProvider).up(billing(asking(feature="sync"), pro=plan("Pro")))


def test_clerks_own_plan_and_that_of_another_are_known(world: World) -> None:
    instance = world.clerk.instance(seeded.APPLICATION_ID, "production")
    legacy = {"plans": {"legacy": plan("Legacy", "audit")}, "features": {"audit": {"name": "A"}}}
    world.clerk.write_config(instance, {"billing": legacy})
    app = {"uses": {"plan": {"free_org": "a.ts:1:1", "legacy": "a.ts:2:1"}}}
    app["uses"]["feature"] = {"audit": "a.ts:3:1"}

    stack = driven(world, BillingProvider)
    stack.up(billing(app, pro=plan("Pro")))

    assert stack.id
