"""Sign-in: OAuth connections with the stack's own credentials, session token claims."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from clerkstack.desired.sections import sign_in_sections
from clerkstack.providers import sections as resources
from clerkstack.settings.models import SignInSettings
from components.base import Component, InstanceRef


class SignIn(Component):
    """A cloned instance has no OAuth connections or credentials, so each stack declares its own."""

    def __init__(
        self,
        name: str,
        ref: InstanceRef,
        settings: SignInSettings,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("SignIn", name, ref, after)
        sections = sign_in_sections(settings)
        secrets = {
            provider: connection.client_secret.get_secret_value()
            for provider, connection in settings.oauth.items()
            if connection.client_secret is not None
        }
        if sections:
            self.sign_in = resources.SignIn(
                f"{name}-settings",
                application_id=ref.application_id,
                environment=ref.environment,
                sections=sections,
                client_secrets=secrets,
                opts=self.protected(),
            )
        self.register_outputs({})
