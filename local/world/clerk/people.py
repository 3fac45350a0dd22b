"""The people of an instance: users, organizations, memberships, invitations, API keys, sessions.

Each is stored in the form of the Backend API; `hidden` has what answers never show, by id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.world.clerk import errors
from local.world.clerk.schema import Document


@dataclass
class People:
    """Everything by id, oldest first. `signing_key` is the PEM key of session tokens, created with
    the first one."""

    users: dict[str, Document] = field(default_factory=dict)
    organizations: dict[str, Document] = field(default_factory=dict)
    memberships: dict[str, Document] = field(default_factory=dict)
    invitations: dict[str, Document] = field(default_factory=dict)
    sign_up_invitations: dict[str, Document] = field(default_factory=dict)
    api_keys: dict[str, Document] = field(default_factory=dict)
    sessions: dict[str, Document] = field(default_factory=dict)
    sign_in_tokens: dict[str, Document] = field(default_factory=dict)
    clients: dict[str, Document] = field(default_factory=dict)
    sign_ins: dict[str, Document] = field(default_factory=dict)
    sign_ups: dict[str, Document] = field(default_factory=dict)
    checkouts: dict[str, Document] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict)
    signing_key: str = ""

    def user(self, user_id: str) -> Document:
        """Return the user.

        Raises:
            ClerkError: there is none.
        """
        if user_id not in self.users:
            raise errors.not_found("user", user_id)
        return self.users[user_id]

    def organization(self, id_or_slug: str) -> Document:
        """Return the organization.

        Raises:
            ClerkError: there is none.
        """
        for found in self.organizations.values():
            if id_or_slug in (found["id"], found["slug"]):
                return found
        raise errors.not_found("organization", id_or_slug)

    def of_email(self, address: str) -> Document | None:
        """Return the user who has the email address."""
        wanted = address.lower()
        for user in self.users.values():
            if wanted in emails_of(user):
                return user
        return None

    def membership(self, organization_id: str, user_id: str) -> Document | None:
        """Return the user's membership of the organization."""
        for found in self.memberships.values():
            if (found["organization_id"], found["user_id"]) == (organization_id, user_id):
                return found
        return None

    def memberships_of(
        self, *, organization_id: str | None = None, user_id: str | None = None
    ) -> list[Document]:
        """List memberships, the newest first."""
        return [
            each
            for each in reversed(self.memberships.values())
            if organization_id in (None, each["organization_id"])
            and user_id in (None, each["user_id"])
        ]


def emails_of(user: Document) -> list[str]:
    """List a user's email addresses in lower case."""
    return [email_address["email_address"].lower() for email_address in user["email_addresses"]]
