"""API keys: organizations may create them, users may not (unless the stack says otherwise)."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from clerkstack.desired.api_keys import api_key_switches
from clerkstack.providers import api_keys
from clerkstack.settings.models import ApiKeysSettings
from components.base import Component, InstanceRef


class ApiKeys(Component):
    """The two switches of Clerk's API keys feature."""

    def __init__(
        self,
        name: str,
        ref: InstanceRef,
        settings: ApiKeysSettings,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("ApiKeys", name, ref, after)
        self.api_keys = api_keys.ApiKeys(
            f"{name}-switches",
            application_id=ref.application_id,
            environment=ref.environment,
            publishable_key=ref.instance.publishable_key,
            switches=api_key_switches(settings),
            opts=self.protected(),
        )
        self.register_outputs({})
