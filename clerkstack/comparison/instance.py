"""What a live instance has of everything that an app can check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.desired.afterwards import Access

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.shapes import JsonObject


@dataclass(frozen=True)
class Instance:
    """An instance. `exists` is False if the application has none for the environment. `billing` is
    the section of the config; `access` has the roles and permissions."""

    exists: bool = True
    billing: JsonObject = field(default_factory=dict)
    access: Access = field(default_factory=Access)

    @classmethod
    def of(cls, live: LiveInstance) -> Instance:
        """Read it: application, config, roles, role sets.

        Raises:
            ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
            OtherInstancesKey: the secret key is another instance's.
            ResourceFailed: it is missing.
        """
        if live.found() is None:
            return cls(exists=False)
        access = live.access() if live.organizations_on() else None
        held = Access(on=False) if access is None else access
        return cls(billing=live.section("billing"), access=held)
