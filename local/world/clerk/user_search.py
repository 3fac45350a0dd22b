"""Searches users for the Backend API's lists: filters, order, cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from local.world.clerk import errors
from local.world.clerk.http import LARGEST_NUMBER, InstanceCall
from local.world.clerk.people import emails_of
from local.world.clerk.schema import Document
from local.world.wire import number

ORDERS = (
    "created_at",
    "updated_at",
    "email_address",
    "web3wallet",
    "first_name",
    "last_name",
    "phone_number",
    "username",
    "last_active_at",
    "last_sign_in_at",
)
NOBODY_HAS = ("phone_number", "web3_wallet", "provider", "provider_user_id", "phone_number_query")
"""Filters on fields that no user here can have."""


def found_users(call: InstanceCall, among: Iterable[Document] | None = None) -> list[Document]:
    """List the users (all, or these) that match every filter of the query, oldest first.

    Raises:
        ClerkError: a filter has an invalid value.
    """
    query = call.query
    users = list(call.instance.people.users.values() if among is None else among)
    if any(name in query for name in NOBODY_HAS):
        users = []
    addresses = [each.lower() for each in call.names("email_address")]
    if addresses:
        users = [each for each in users if set(emails_of(each)) & set(addresses)]
    users = _chosen(users, call.names("user_id"), lambda user: {user["id"]})
    users = _chosen(users, call.names("external_id"), lambda user: {str(user["external_id"])})
    users = _chosen(users, call.names("username"), lambda user: {str(user["username"])})
    users = _chosen(
        users,
        call.names("organization_id"),
        lambda user: {
            document["organization_id"]
            for document in call.instance.people.memberships_of(user_id=user["id"])
        },
    )
    filters: tuple[tuple[str, Callable[[Document], Iterable[str | None]]], ...] = (
        ("query", _everything),
        ("email_address_query", emails_of),
        ("username_query", lambda user: [user["username"]]),
        ("name_query", lambda user: [user["first_name"], user["last_name"]]),
    )
    for name, texts in filters:
        wanted = query.get(name, "").lower()
        users = [each for each in users if not wanted or _matches(wanted, texts(each))]
    if "banned" in query:
        banned = call.flag("banned", status=422)
        users = [each for each in users if each["banned"] == banned]
    return _within(call, users)


def in_order(call: InstanceCall, users: list[Document]) -> list[Document]:
    """Sort, and begin after the cursor.

    Raises:
        ClerkError: the order is unknown, or the cursor can't be used.
    """
    order = call.query.get("order_by", "-created_at").strip()
    field, downwards = order.lstrip("+-"), order.startswith("-")
    if field not in ORDERS:
        raise errors.param_invalid("order_by", f"must be one of {', '.join(ORDERS)}")
    ordered = sorted(enumerate(users), key=lambda pair: (*_rank(pair[1], field), pair[0]))
    found = [user for _, user in (reversed(ordered) if downwards else ordered)]
    after = call.query.get("starting_after")
    if after is None:
        return found
    if field != "created_at" or "offset" in call.query:
        raise errors.param_invalid("starting_after", "needs the order created_at, and no offset")
    ids = [each["id"] for each in found]
    if after not in ids:
        raise errors.param_invalid("starting_after", "must be the id of a user in the list")
    return found[ids.index(after) + 1 :]


def _rank(user: Document, field: str) -> tuple[bool, str, int]:
    value = (emails_of(user) or [""])[0] if field == "email_address" else user.get(field)
    number_ = value if isinstance(value, int) else 0
    return value is not None, value if isinstance(value, str) else "", number_


def _chosen(
    users: list[Document], names: list[str], of: Callable[[Document], set[str]]
) -> list[Document]:
    without = {name[1:] for name in names if name.startswith("-")}
    only = {name.removeprefix("+") for name in names if not name.startswith("-")}
    return [user for user in users if (not only or of(user) & only) and not of(user) & without]


def _everything(user: Document) -> Iterable[str | None]:
    names = (user["id"], user["username"], user["first_name"], user["last_name"])
    return [*emails_of(user), *names]


def _matches(wanted: str, texts: Iterable[str | None]) -> bool:
    return any(wanted in (text or "").lower() for text in texts)


def _within(call: InstanceCall, users: list[Document]) -> list[Document]:
    for field in ("created_at", "last_active_at", "last_sign_in_at"):
        for side in ("before", "after", "since"):
            name = f"{field}_{side}"
            if name not in call.query or (side == "since" and field != "last_active_at"):
                continue
            bound = number(call.query[name].removeprefix("-"))
            if bound is None or bound > LARGEST_NUMBER:
                raise errors.param_invalid(name, "must be a time in milliseconds")
            bound = -bound if call.query[name].startswith("-") else bound
            users = [
                user
                for user in users
                if user[field] is not None
                and (user[field] < bound if side == "before" else user[field] >= bound)
            ]
    return users
