"""Keys, the production instance, rotation with overlap, domains, the dashboard."""

from __future__ import annotations

import base64

import pytest

from local.world.clerk import domains, errors
from local.world.clerk.errors import ClerkError
from local.world.clerk.models import Instance
from tests.world.clerk_accounts import APPLICATION_ID, PLATFORM_KEY, PRO, Account, with_billing

HOUR = 3600
GOOGLE = "connection_oauth_google"


def production(account: Account, *, clone: bool = True) -> Instance:
    return account.clerk.create_instance(
        APPLICATION_ID, domain="a.dev", clone_of=account.instance.id if clone else None
    )


def test_a_publishable_key_holds_the_frontend_host() -> None:
    account = Account()
    made = production(account)

    for instance, mode in ((account.instance, "test"), (made, "live")):
        _, found, encoded = instance.publishable_key.split("_", 2)
        padded = encoded + "=" * (-len(encoded) % 4)
        assert found == mode
        assert "=" not in encoded
        assert base64.b64decode(padded).decode() == f"{instance.host}$"
    assert made.host == "clerk.a.dev"


def test_the_seeds_keys_are_the_same_in_every_world() -> None:
    one, other = Account(), Account()

    assert one.instance.secret == other.instance.secret
    assert one.instance.id == other.instance.id


@pytest.mark.parametrize("key", ["ak_nobody", "sk_test_x", ""])
def test_an_unknown_platform_key_is_refused(key: str) -> None:
    with pytest.raises(ClerkError) as caught:
        Account().clerk.check_platform_key(key)

    assert caught.value.status == 401


def test_a_key_without_the_right_is_refused_by_its_scopes() -> None:
    account = Account()
    account.clerk.dashboard("add_platform_key", {"key": "ak_reader", "manage": False})

    with pytest.raises(ClerkError) as caught:
        account.clerk.check_platform_key("ak_reader")

    assert (caught.value.status, caught.value.code) == (403, "authorization_missing_scopes")
    assert caught.value.meta == {"scopes": ["applications:manage"]}


def test_a_platform_key_opens_no_instance() -> None:
    with pytest.raises(ClerkError) as caught:
        Account().clerk.instance_of_key(PLATFORM_KEY)

    assert (caught.value.status, caught.value.code) == (401, "clerk_key_invalid")


def test_an_old_secret_key_lives_until_its_overlap_ends() -> None:
    account = Account()
    old = account.instance.secret

    account.clerk.rotate([account.instance], 2)
    new = account.instance.secret

    assert account.clerk.instance_of_key(new) is account.instance
    account.clock.now += 2 * HOUR - 1
    assert account.clerk.instance_of_key(old) is account.instance
    account.clock.now += 1
    with pytest.raises(ClerkError):
        account.clerk.instance_of_key(old)
    assert account.clerk.instance_of_key(new) is account.instance


def test_without_overlap_the_old_key_ends_at_once() -> None:
    account = Account()
    old = account.instance.secret

    account.clerk.rotate([account.instance], 0)

    with pytest.raises(ClerkError):
        account.clerk.instance_of_key(old)


def test_a_second_rotation_does_not_lengthen_a_keys_life() -> None:
    account = Account()
    old = account.instance.secret

    account.clerk.rotate([account.instance], 1)
    account.clerk.rotate([account.instance], 10)
    account.clock.now += HOUR

    with pytest.raises(ClerkError):
        account.clerk.instance_of_key(old)


def test_a_clone_has_config_and_roles_but_no_connections_paths_or_webhooks() -> None:
    account = with_billing()
    account.write(
        {
            GOOGLE: {
                "enabled": True,
                "client_id": "123-abc.apps.googleusercontent.com",
                "client_secret": "hidden",
            },
            "paths": {"home": "/dev"},
            "session": {"claims": {"a": "b"}},
        }
    )
    account.clerk.svix.create_app(account.instance.id)

    made = production(account)

    config = account.clerk.read_config(made, ())
    assert config["billing"] == account.read("billing")
    assert config["session"]["claims"] == {"a": "b"}
    assert config[GOOGLE]["enabled"] is False
    assert config[GOOGLE]["client_id"] == ""
    assert made.config[GOOGLE]["client_secret"] == ""
    assert config["paths"]["home"] is None
    assert not account.clerk.svix.has_app(made.id)
    assert {role.key for role in made.roles.values()} == {"org:admin", "org:member"}
    assert not set(made.roles) & set(account.instance.roles)


def test_a_clone_goes_its_own_way() -> None:
    account = with_billing()
    made = production(account)

    account.clerk.write_config(made, {"billing": {"plans": {"pro": {"amount": 7000}}}})

    assert account.read("billing")["plans"]["pro"]["amount"] == PRO["amount"]
    assert made.id_of("plan", "pro") != account.instance.id_of("plan", "pro")


def test_an_application_has_one_production_instance() -> None:
    account = Account()
    production(account)

    with pytest.raises(ClerkError) as caught:
        account.clerk.create_instance(APPLICATION_ID, domain="b.dev", clone_of=None)

    assert (caught.value.status, caught.value.code) == (400, "production_instance_exists")
    assert len(account.clerk.instances()) == 2


def test_only_the_applications_own_development_instance_can_be_cloned() -> None:
    account = Account()

    with pytest.raises(ClerkError) as caught:
        account.clerk.create_instance(APPLICATION_ID, domain="a.dev", clone_of="ins_other")

    assert caught.value.status == 404


def test_a_domain_is_complete_after_a_check_that_finds_its_records() -> None:
    account = Account()
    domain = production(account).domain

    first = domains.check(domain, account.clock())
    account.clerk.dashboard("set_dns", {"domain": "a.dev", "ready": True})
    before = domains.status_json(domain)
    account.clock.now += 60
    second = domains.check(domain, account.clock())
    account.clock.now += 60
    third = account.clerk.dashboard("check_dns", {"domain": "a.dev"})

    assert third == "complete"
    assert (first["status"], first["last_run_at"]) == ("incomplete", None)
    assert before["dns"]["status"] == "in_progress"
    assert second["status"] == "complete"
    assert all(cname["verified"] for cname in second["dns"]["cnames"].values())


def test_a_satellite_is_a_domain_with_a_record_of_its_own() -> None:
    account = Account()
    instance = production(account)
    where = {"environment": "production", "domain": "a.app"}

    made = account.clerk.dashboard("add_satellite", where)
    account.clerk.dashboard("set_dns", {"domain": "a.app", "ready": True})

    found = domains.find(account.clerk.application(APPLICATION_ID), made)
    assert found == (instance, instance.satellites[0])
    shown = domains.backend_json(*found)
    assert (shown["is_satellite"], shown["accounts_portal_url"]) == (True, None)
    assert [cname_target["host"] for cname_target in shown["cname_targets"]] == ["clerk.a.app"]
    assert domains.check(found[1], account.clock())["status"] == "complete"
    assert domains.status_json(instance.domain)["status"] == "incomplete"
    with pytest.raises(ValueError, match=r"a\.app"):
        account.clerk.dashboard("add_satellite", where)
    again = Account()
    again.clerk.load(account.clerk.dump())
    assert domains.find(again.clerk.application(APPLICATION_ID), "a.app")[1] == found[1]


def test_the_dashboard_switches_api_keys_and_edits_a_price() -> None:
    account = with_billing()
    where = {"environment": "development"}

    account.clerk.dashboard("set_api_keys", {**where, "organizations": True, "users": False})
    account.clerk.dashboard(
        "set_config", {**where, "changes": {"billing": {"plans": {"pro": {"amount": 1}}}}}
    )

    assert account.instance.config["api_keys_settings"]["orgs_api_keys_enabled"] is True
    assert account.read("billing")["plans"]["pro"]["amount"] == 1


@pytest.mark.parametrize(
    ("action", "body", "kind"),
    [
        ("fly", {}, LookupError),
        ("set_dns", {"domain": "nowhere.dev", "ready": True}, LookupError),
        ("check_dns", {"domain": "nowhere.dev"}, LookupError),
        ("set_config", {"environment": "staging", "changes": {}}, LookupError),
        ("set_config", {"environment": "development", "changes": {"biling": {}}}, ValueError),
        ("set_config", {"environment": "development"}, ValueError),
        ("set_limits", {"plans": "many"}, ValueError),
        ("set_limits", {"plans": 1, "features": 2}, ValueError),
        ("add_platform_key", {"key": "sk_test_x", "manage": True}, ValueError),
    ],
)
def test_the_dashboard_says_what_does_not_fit(
    action: str, body: dict[str, object], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        Account().clerk.dashboard(action, dict(body))


def test_a_state_is_read_back_as_it_was_written() -> None:
    account = with_billing(plan_limit=3)
    production(account)
    account.clerk.rotate([account.instance], 1)
    state = account.clerk.dump()

    other = Account()
    other.clerk.load(state)

    assert other.clerk.dump() == state
    assert other.clerk.plan_limit == 3


def test_a_refusal_has_one_form() -> None:
    body = errors.version_conflict("b", "a").body()

    assert list(body) == ["errors", "clerk_trace_id"]
    assert list(body["errors"][0]) == ["message", "long_message", "code", "meta"]
