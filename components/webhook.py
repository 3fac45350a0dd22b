"""The webhook: Clerk sends its events to the app."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from clerkstack.desired.webhook import endpoint_inputs
from clerkstack.providers.webhook import WebhookEndpoint
from clerkstack.settings.models import Settings
from components.base import Component, InstanceRef


class Webhook(Component):
    """One endpoint for this stack; `signing_secret` is what the app verifies with."""

    signing_secret: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        ref: InstanceRef,
        settings: Settings,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("Webhook", name, ref, after)
        self.endpoint = WebhookEndpoint(
            f"{name}-endpoint",
            application_id=ref.application_id,
            environment=ref.environment,
            **endpoint_inputs(settings),
            address=settings.webhook_address,
            opts=self.protected(),
        )
        self.signing_secret = pulumi.Output.secret(self.endpoint.signing_secret)
        self.register_outputs({"signing_secret": self.signing_secret})
