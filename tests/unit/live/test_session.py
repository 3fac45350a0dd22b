"""What two stacks' sessions share, and what they must not."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from clerkstack.clients.platform import Application, ApplicationInstance
from clerkstack.live.session import Session
from clerkstack.settings.models import Connection, Urls

PRODUCTION = ApplicationInstance(instance_id="ins_2", environment_type="production")
KNOWN = Application(application_id="app_1", name="A", instances=(PRODUCTION,))


def connection(key: str = "ak_one", platform: str = "https://a.example") -> Connection:
    return Connection(platform_key=SecretStr(key), urls=Urls(platform=platform))


def session() -> Session:
    made = Session(connection())
    made._applications["app_1"] = KNOWN
    return made


def test_stacks_with_the_same_platform_key_read_an_application_once() -> None:
    other = session().beside(connection())

    assert other.instance("app_1", "production") == PRODUCTION


@pytest.mark.parametrize(
    "unlike", [connection(key="ak_two"), connection(platform="https://b.example")]
)
def test_with_another_key_or_address_nothing_is_shared(unlike: Connection) -> None:
    one = session()

    other = one.beside(unlike)

    assert other._applications == {}
    assert other.platform is not one.platform


def test_the_secret_key_is_each_stacks_own() -> None:
    own = Connection(platform_key=SecretStr("ak_one"), secret_key=SecretStr("sk_live_1"))

    other = Session(Connection(platform_key=SecretStr("ak_one"))).beside(own)

    assert other._connection.secret_key == SecretStr("sk_live_1")
