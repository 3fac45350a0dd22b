"""The Vercel project that the environment is for, seen before a variable is touched.

A variable can't change its project: the engine removes it from the old one and makes it in the
new one, in this order, because two with the same key and target are refused. With a mistyped
project it would be removed and never made. So the variables wait for this resource, which fails
where the project can't be seen.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.providers.base import ClerkProvider, inputs_of
from clerkstack.providers.errors import plainly
from clerkstack.reconcile import JsonObject


class VercelProjectProvider(ClerkProvider):
    """Looks at the project when it is declared, or declared otherwise; never writes to it."""

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """See that the project is there and the token may see it."""
        inputs = inputs_of(props)
        return CreateResult("vercel-project", self._seen(inputs))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """See the project that is declared now."""
        return UpdateResult(self._seen(inputs_of(_news)))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """Nothing of the project is declared that could have changed."""
        return ReadResult(_id, inputs_of(_props), inputs_of(_props))

    def _seen(self, inputs: JsonObject) -> JsonObject:
        team = inputs.get("team_id")
        with self.session.vercel(None if team is None else str(team)) as vercel:
            vercel.get_project(str(inputs["project_id"]))
        return inputs


class VercelProject(Resource, module="clerkstack", name="VercelProject"):
    """A project at Vercel that others made, and that the stack's token may see."""

    def __init__(
        self,
        resource_name: str,
        *,
        project_id: str,
        team_id: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the project by its id, and the team it belongs to, if any."""
        props = {"project_id": project_id, "team_id": team_id}
        super().__init__(VercelProjectProvider(), resource_name, props, opts)
