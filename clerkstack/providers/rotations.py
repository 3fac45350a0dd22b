"""The journal of rotations: when the secrets were rotated, by whom, and how far a rotation is.

`clerkstack rotate` writes it into the state between two updates; an update leaves it as it is. So
everybody who works on the stack has it, and it is encrypted like the state's other secrets.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.failures import plainly
from clerkstack.providers.base import ClerkProvider, inputs_of
from clerkstack.shapes import JsonObject

NOTHING_YET: JsonObject = {"rotated": {}, "journal": "{}"}


class RotationsProvider(ClerkProvider):
    """Keeps what is in the state; sends nothing."""

    part = "rotations"
    outputs = frozenset({"rotated", "journal"})

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Begin with an empty journal."""
        inputs = inputs_of(props)
        return CreateResult(self.ref(inputs).id, {**inputs, **NOTHING_YET})

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep what the state has."""
        known = {key: value for key, value in inputs_of(_olds).items() if key in self.outputs}
        return UpdateResult({**inputs_of(_news), **NOTHING_YET, **known})

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """Return the state's properties: the journal is kept nowhere else."""
        props = inputs_of(_props)
        inputs = {key: value for key, value in props.items() if key not in self.outputs}
        return ReadResult(_id, props, inputs)


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
