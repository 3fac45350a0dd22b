"""The Vercel project that the environment is for, seen before anything is written anywhere.

A variable cannot change its project: the engine removes it from the old one and makes it in the
new one, in this order, because two with the same key and target are refused. With a mistyped
project it would be removed and never made. So the variables wait for this resource, which fails
where the project cannot be seen; and where variables are going to be made or removed, it looks
whether others have made or share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import RateLimited, ServerError, Unreachable
from clerkstack.clients.read_only import read_only
from clerkstack.failures import plainly
from clerkstack.notices import notice
from clerkstack.providers.base import ClerkProvider, inputs_of
from clerkstack.reconcile import JsonObject
from clerkstack.reconcile.shapes import as_object, as_texts
from clerkstack.reconcile.taken import obstacles, refusals

# What begins so is shown in no preview: it is of one run, and no change of the project.
ASKED = "__asked"


class VercelProjectProvider(ClerkProvider):
    """Looks at the project when it is declared, or declared otherwise, and before variables are
    made or removed; never writes to it."""

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

    def compared(self, inputs: JsonObject) -> JsonObject:
        """What a run asks for is of that run alone."""
        return {key: value for key, value in inputs.items() if key != ASKED}

    def refusals(self, inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Variables of others in the way of those that this run makes or removes. A run that does
        neither sends nothing."""
        asked = as_object(inputs.get(ASKED), ASKED)
        names = as_object(asked.get("variables"), f"{ASKED}.variables")
        if not names or read_only():
            return
        project = str(inputs["project_id"])
        try:
            live = self.session.variables(_team(inputs), project)
        except (RateLimited, ServerError, Unreachable) as failure:
            if not asked["preview"]:
                raise
            notice(
                f"what is at Vercel cannot be read now; it will be read before a write. {failure}"
            )
            return
        self.session.seen_projects.add((_team(inputs), project))
        known = {name: str(variable_id) for name, variable_id in names.items()}
        found = obstacles(known, live, moved=bool(asked["moved"]))
        overwrite = as_texts(asked["overwrite"], f"{ASKED}.overwrite")
        setting = str(asked["setting"])
        for reason in refusals(found, project, str(asked["stack"]), overwrite, setting):
            yield "", reason

    def _seen(self, inputs: JsonObject) -> JsonObject:
        project = str(inputs["project_id"])
        if (_team(inputs), project) not in self.session.seen_projects:
            with self.session.vercel(_team(inputs)) as vercel:
                vercel.get_project(project)
        return inputs


def _team(inputs: JsonObject) -> str | None:
    team = inputs.get("team_id")
    return None if team is None else str(team)


class VercelProject(Resource, module="clerkstack", name="VercelProject"):
    """A project at Vercel that others made, and that the stack's token may see."""

    def __init__(
        self,
        resource_name: str,
        *,
        project_id: str,
        team_id: str | None,
        asked: pulumi.Input[Mapping[str, Any]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the project by its id, and the team it belongs to, if any.

        `asked` is what this run is going to do: `variables` that are made, or made anew and
        removed with their id, by target/KEY; whether the project `moved` to another team; the
        names that the settings `overwrite`, and under which `setting`; the `stack`; and whether
        this is a `preview`.
        """
        props = {"project_id": project_id, "team_id": team_id, ASKED: asked}
        super().__init__(VercelProjectProvider(), resource_name, props, opts)
