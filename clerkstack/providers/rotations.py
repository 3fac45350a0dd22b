"""The journal of rotations: when the secrets were rotated, by whom, and how far a rotation is.

`clerkstack rotate` writes it into the state between two updates; an update leaves it as it is. So
everybody who works on the stack has it, and it is encrypted like the state's other secrets.
"""

from __future__ import annotations

import pulumi
from pulumi.dynamic import Resource

from clerkstack.providers.base import ClerkProvider
from clerkstack.shapes import JsonObject

NOTHING_YET: JsonObject = {"rotated": {}, "journal": "{}"}


class RotationsProvider(ClerkProvider):
    """Keeps what is in the state; sends nothing."""

    part = "rotations"
    outputs = frozenset({"rotated", "journal"})

    def bring(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """Keep what the state has; begin with an empty journal."""
        known = {key: value for key, value in state.items() if key in self.outputs}
        return {**inputs, **NOTHING_YET, **known}


class Rotations(Resource, module="clerkstack", name="Rotations"):
    """The rotations of one instance's secrets. `rotated` is when each was last minted (milliseconds
    since 1970), `journal` the whole journal."""

    rotated: pulumi.Output[dict[str, int]]

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare it for an instance."""
        secret = pulumi.ResourceOptions(additional_secret_outputs=["journal"])
        super().__init__(
            RotationsProvider(),
            resource_name,
            {
                "application_id": application_id,
                "environment": environment,
                **dict.fromkeys(RotationsProvider.outputs),
            },
            pulumi.ResourceOptions.merge(secret, opts),
        )
