"""Removes what smoke runs created, recognized by its name, even after a lost answer, a kill or a
power cut."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.problems import ClerkstackError

if TYPE_CHECKING:
    from clerkstack.clients.users import User, UsersClient

MARK = "clerkstack-smoke-"
"""The prefix of every user's address and organization's name in a smoke run."""


class LeftBehind(ClerkstackError):
    """Something could not be removed. `service` names the service that failed, if one did."""

    def __init__(self, message: str, *, service: str | None) -> None:
        self.service = service
        super().__init__(message)


def clean_up(users: UsersClient, mark: str, *, progress: Callable[[str], None]) -> list[str]:
    """Remove the users and organizations whose address or name begins with the mark, and revoke
    the organizations' keys; returns what was removed. Continues after what cannot be removed.

    Raises:
        LeftBehind: something is left, or it is unknown whether anything is left; with ids.
    """
    if not mark.startswith(MARK):
        raise ValueError("not the mark of a smoke run")
    removed: list[str] = []
    left: list[str] = []
    failures: list[Exception] = []

    def attempt(what: str, act: Callable[[str], object], id_: str) -> None:
        progress(f"removing {what}")
        try:
            act(id_)
        except NotFound:
            pass  # already gone
        except ClerkstackError as error:
            left.append(what)
            failures.append(error)
            return
        removed.append(what)

    def found(find: Callable[[UsersClient, str], list[str]]) -> list[str]:
        try:
            return find(users, mark)
        except ClerkstackError as error:
            left.append(f"everything that begins with {mark}")
            failures.append(error)
            return []

    for id_ in found(_organizations):
        attempt(f"API keys of {id_}", partial(_revoke, users), id_)
        attempt(f"organization {id_}", users.delete_organization, id_)
    for id_ in found(_users):
        attempt(f"user {id_}", users.delete_user, id_)
    if left:
        service = next((name for name in map(failed_service, failures) if name), None)
        what = ", ".join(dict.fromkeys(left))
        raise LeftBehind(f"left behind: {what}. {failures[-1]}", service=service)
    return removed


def failed_service(error: Exception) -> str | None:
    """The service that failed rather than refused: no answer, 5xx or too many requests."""
    if isinstance(error, ApiError):
        return error.vendor if error.status >= 500 or error.status == 429 else None
    return "a service" if isinstance(error, Unreachable) else None


def _organizations(users: UsersClient, mark: str) -> list[str]:
    organizations = users.find_organizations(query=mark)
    return [organization.id for organization in organizations if organization.name.startswith(mark)]


def _users(users: UsersClient, mark: str) -> list[str]:
    def is_ours(user: User) -> bool:
        addresses = [email_address.email_address for email_address in user.email_addresses]
        return bool(addresses) and all(address.startswith(mark) for address in addresses)

    return [user.id for user in users.find_users(email_address=mark) if is_ours(user)]


def _revoke(users: UsersClient, organization_id: str) -> None:
    for key in users.list_api_keys(organization_id):
        users.revoke_api_key(key.id)
