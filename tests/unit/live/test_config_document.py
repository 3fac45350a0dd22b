"""Writing the instance config: one write, If-Match, read-back, conflicts, unclear ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import ServerError
from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.live.config_document import ConfigDocument
from clerkstack.reconcile.changes import Change, changes_between
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json

WANTED: dict[str, Json] = {"billing": {"user_enabled": False, "organization_enabled": True}}


class Clerk:
    """A config of one instance, whose writes can be made to go wrong."""

    def __init__(self) -> None:
        self.sections: dict[str, Any] = {"billing": {"user_enabled": True}}
        self.version = 1
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.before_write: Callable[[], httpx.Response | None] = lambda: None
        self.keeps = True
        self.after_write: Callable[[], httpx.Response | None] = lambda: None
        self.sent: list[dict[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, dict(request.headers)))
        if request.method == "GET":
            return httpx.Response(200, json={"config_version": str(self.version), **self.sections})
        early = self.before_write()
        if early is not None:
            return early
        if request.headers["if-match"].strip('"') != str(self.version):
            return _error(409, "config_version_conflict")
        self.sent.append(json.loads(request.content))
        if self.keeps:
            for section, fields in self.sent[-1].items():
                self.sections.setdefault(section, {}).update(fields)
            self.version += 1
        late = self.after_write()
        if late is not None:
            return late
        return httpx.Response(
            200,
            json={"config_version": str(self.version), "dry_run": False, "before": {}, "after": {}},
        )

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.requests]


def _error(status: int, code: str) -> httpx.Response:
    error = {"code": code, "message": code, "long_message": code}
    return httpx.Response(status, json={"errors": [error], "clerk_trace_id": "trace_1"})


def _document(clerk: Clerk) -> ConfigDocument:
    platform = PlatformClient(
        key=SecretStr("ak_test"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(clerk.answer),
        sleep=lambda _: None,
    )
    return ConfigDocument(platform, "app_1", "development")


def _plan(sections: Mapping[str, Json]) -> WritePlan:
    return WritePlan(tuple(changes_between(WANTED, sections)))


def test_one_read_one_write_one_read_back() -> None:
    clerk = Clerk()

    reached = _document(clerk).reconcile(_plan)

    assert clerk.methods == ["GET", "PATCH", "GET"]
    assert reached["billing"] == {"user_enabled": False, "organization_enabled": True}


def test_nothing_is_written_where_nothing_differs() -> None:
    clerk = Clerk()
    clerk.sections = {"billing": {"user_enabled": False, "organization_enabled": True}}

    _document(clerk).reconcile(_plan)

    assert clerk.methods == ["GET"]


def test_the_read_back_of_one_section_serves_the_next() -> None:
    clerk = Clerk()
    document = _document(clerk)
    document.reconcile(_plan)

    document.reconcile(lambda s: WritePlan(tuple(changes_between({"session": {"a": 1}}, s))))

    assert clerk.methods == ["GET", "PATCH", "GET", "PATCH", "GET"]


def test_the_write_carries_the_version_it_was_planned_from() -> None:
    clerk = Clerk()
    clerk.version = 41

    _document(clerk).reconcile(_plan)

    assert clerk.requests[1][1]["if-match"].strip('"') == "41"


def test_a_field_that_is_not_kept_is_an_error_that_names_it() -> None:
    clerk = Clerk()
    clerk.keeps = False

    with pytest.raises(ResourceFailed, match=r"billing\.user_enabled: True → False"):
        _document(clerk).reconcile(_plan)

    assert clerk.methods == ["GET", "PATCH", "GET", "PATCH", "GET"]


ORGANIZATIONS: dict[str, Json] = {
    "organization_settings": {"enabled": True, "force_organization_selection": False}
}


def _organizations(sections: Mapping[str, Json]) -> WritePlan:
    return WritePlan(tuple(changes_between(ORGANIZATIONS, sections)))


def test_a_switch_that_a_write_moved_is_sent_once_more() -> None:
    clerk = Clerk()
    clerk.sections = {
        "organization_settings": {"enabled": False, "force_organization_selection": False}
    }

    def forced() -> None:
        if len(clerk.sent) == 1:
            clerk.sections["organization_settings"]["force_organization_selection"] = True

    clerk.after_write = forced

    reached = _document(clerk).reconcile(_organizations)

    assert reached == ORGANIZATIONS
    assert clerk.sent == [
        {"organization_settings": {"enabled": True}},
        {"organization_settings": {"force_organization_selection": False}},
    ]


def test_a_switch_that_always_moves_back_is_not_kept() -> None:
    clerk = Clerk()
    clerk.sections = {
        "organization_settings": {"enabled": False, "force_organization_selection": True}
    }

    def forced() -> None:
        clerk.sections["organization_settings"]["force_organization_selection"] = True

    clerk.after_write = forced

    with pytest.raises(ResourceFailed, match="force_organization_selection: True → False"):
        _document(clerk).reconcile(_organizations)

    assert clerk.methods.count("PATCH") == 2


def test_what_appears_with_a_write_is_sent_twice_as_well() -> None:
    clerk = Clerk()
    clerk.sections = {"billing": {"user_enabled": True}}
    later: dict[str, Json] = {"name": "Free"}

    def plan(sections: Mapping[str, Json]) -> WritePlan:
        there = sections["billing"]
        assert isinstance(there, dict)
        declared: dict[str, Json] = {"user_enabled": False}
        declared |= {"plans": later} if "plans" in there else {}
        return WritePlan(tuple(changes_between(declared, there, at=("billing",))))

    def made() -> None:
        if len(clerk.sent) <= 2:
            clerk.sections["billing"]["plans"] = {"name": "Clerk's"}

    clerk.after_write = made

    _document(clerk).reconcile(plan)

    assert clerk.methods.count("PATCH") == 3


def test_a_conflict_that_changes_nothing_of_ours_is_written_again() -> None:
    clerk = Clerk()
    times = iter([True, False])

    def elsewhere() -> None:
        if next(times):
            clerk.version += 1
            clerk.sections["branding"] = {"color": "red"}

    clerk.before_write = elsewhere

    _document(clerk).reconcile(_plan)

    assert clerk.methods == ["GET", "PATCH", "GET", "PATCH", "GET"]


def test_a_conflict_that_changes_what_was_previewed_stops_and_shows_it() -> None:
    clerk = Clerk()

    def elsewhere() -> None:
        clerk.version += 1
        clerk.sections["billing"]["organization_enabled"] = False

    clerk.before_write = elsewhere

    with pytest.raises(ResourceFailed, match="organization_enabled: False → True"):
        _document(clerk).reconcile(_plan)

    assert clerk.methods.count("PATCH") == 1


def test_endless_conflicts_end_with_a_message() -> None:
    clerk = Clerk()

    def elsewhere() -> None:
        clerk.version += 1

    clerk.before_write = elsewhere

    with pytest.raises(ResourceFailed, match="changed 3 times"):
        _document(clerk).reconcile(_plan)


def test_a_write_that_landed_and_answered_an_error_is_not_sent_again() -> None:
    clerk = Clerk()
    clerk.after_write = lambda: _error(500, "internal")

    _document(clerk).reconcile(_plan)

    assert clerk.methods.count("PATCH") == 1
    assert clerk.sections["billing"]["organization_enabled"] is True


def test_a_write_that_did_not_land_is_reported() -> None:
    clerk = Clerk()
    clerk.before_write = lambda: _error(500, "internal")

    with pytest.raises(ServerError):
        _document(clerk).reconcile(_plan)


def test_a_write_that_got_no_answer_is_looked_up() -> None:
    clerk = Clerk()

    def cut() -> None:
        raise httpx.ReadTimeout("no answer")

    clerk.after_write = cut

    _document(clerk).reconcile(_plan)

    assert clerk.methods.count("PATCH") == 1


def test_a_secret_is_sent_once_and_not_looked_for() -> None:
    clerk = Clerk()
    secret = Change(("connection_oauth_google", "client_secret"), None, "s")

    _document(clerk).reconcile(lambda s: WritePlan(_plan(s).changes, (secret,)))

    assert clerk.methods.count("PATCH") == 1


def test_a_secret_that_was_not_taken_is_sent_once_more_and_then_an_error() -> None:
    clerk = Clerk()
    clerk.sections = {"connection_oauth_google": {"client_secret": ""}}
    clerk.keeps = False
    secret = Change(("connection_oauth_google", "client_secret"), None, "hush")

    with pytest.raises(ResourceFailed, match="client_secret: nothing → set") as caught:
        _document(clerk).reconcile(lambda _: WritePlan((), (secret,)))

    assert clerk.methods.count("PATCH") == 2
    assert "hush" not in str(caught.value)


def test_a_placeholder_is_a_secret_that_was_taken() -> None:
    clerk = Clerk()
    clerk.sections = {"connection_oauth_google": {"client_secret": "REDACTED"}}
    clerk.keeps = False
    secret = Change(("connection_oauth_google", "client_secret"), None, "hush")

    _document(clerk).reconcile(lambda _: WritePlan((), (secret,)))

    assert clerk.methods.count("PATCH") == 1
