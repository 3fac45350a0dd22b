"""What the dynamic providers of one run share.

The engine uses one provider process for the whole run, so a read for one resource serves the next.
Credentials come from the stack's config through `configure`: they are neither inputs nor outputs
nor part of the pickled provider.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clerkstack.live.roles import RecentRoles
from clerkstack.live.session import Session
from clerkstack.providers.allowances import Asking
from clerkstack.providers.neighbours import Neighbourhood

if TYPE_CHECKING:
    from clerkstack.reconcile.webhook import Offered
    from clerkstack.settings.models import Connection

_sessions: dict[Connection, ProviderSession] = {}
_lock = threading.RLock()


class ProviderSession(Session):
    """A session, and what the resources of one run know about each other."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.recent_roles = RecentRoles()
        self.neighbourhood = Neighbourhood()
        self.asking = Asking()
        self.event_types: dict[tuple[str, str], Offered] = {}
        """The event types that Svix offers for an instance, once they were read."""
        self.seen_projects: set[tuple[str | None, str]] = set()
        """The Vercel projects that this run has seen, by team and project."""
        self.unjudged: set[str] = set()
        """Resources whose dangers `check` could not judge because a service did not answer."""


def provider_session(connection: Connection) -> ProviderSession:
    """The session of these credentials; the same one for every resource of the run."""
    with _lock:
        if connection not in _sessions:
            _sessions[connection] = ProviderSession(connection)
        return _sessions[connection]


def anything_was_read() -> bool:
    """Whether a resource of this run has used a session. If not, a resource that only needs earlier
    reads does not import the models of settings."""
    return bool(_sessions)
