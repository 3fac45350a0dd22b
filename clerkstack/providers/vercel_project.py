"""Checks the environment's Vercel project before anything is written anywhere.

A variable cannot move to another project: the engine removes it from the old one, then creates it
in the new one, in this order because two with the same key and target are refused. With a mistyped
project id it would be removed and never created. So the variables depend on this resource, which
fails if the project cannot be seen. If variables are going to be created or removed, it also checks
whether others created or share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from clerkstack.clients.errors import RateLimited, ServerError, Unreachable
from clerkstack.clients.read_only import read_only
from clerkstack.notices import notice
from clerkstack.providers.base import ClerkProvider
from clerkstack.reconcile.taken import obstacles, refusals
from clerkstack.shapes import JsonObject, as_object, as_texts

# Previews hide properties that begin like this: they belong to one run and change nothing.
ASKED = "__asked"


class VercelProjectProvider(ClerkProvider):
    """Reads the project when its declaration is new or changed, and before variables are created or
    removed; never writes to it."""

    def id_of(self, _inputs: JsonObject) -> str:
        """See `ClerkProvider`."""
        return "vercel-project"

    def bring(self, inputs: JsonObject, _state: JsonObject) -> JsonObject:
        """Check that the project exists and that the token may see it."""
        project = str(inputs["project_id"])
        if (_team(inputs), project) not in self.session.seen_projects:
            self.session.vercel(_team(inputs)).get_project(project)
        return inputs

    def compared(self, inputs: JsonObject) -> JsonObject:
        """The inputs without those of a single run."""
        return {key: value for key, value in inputs.items() if key != ASKED}

    def refusals(self, inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Others' variables that conflict with those that this run creates or removes. A run that
        does neither sends nothing."""
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
                "Vercel's variables cannot be read now; they will be read before a write. "
                f"{failure}"
            )
            return
        self.session.seen_projects.add((_team(inputs), project))
        known = {name: str(variable_id) for name, variable_id in names.items()}
        conflicts = obstacles(known, live, moved=bool(asked["moved"]))
        overwrite = as_texts(asked["overwrite"], f"{ASKED}.overwrite")
        setting = str(asked["setting"])
        for reason in refusals(conflicts, project, str(asked["stack"]), overwrite, setting):
            yield "", reason


def _team(inputs: JsonObject) -> str | None:
    team = inputs.get("team_id")
    return None if team is None else str(team)


class VercelProject(Resource, module="clerkstack", name="VercelProject"):
    """A Vercel project that exists already, and that the stack's token may see."""

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

        `asked` is what this run is going to do: by target/KEY, the `variables` that it creates, or,
        with their id, replaces or removes; whether the project `moved` to another team; the names
        that the settings `overwrite`, and under which `setting`; the `stack`; and whether this is a
        `preview`.
        """
        props = {"project_id": project_id, "team_id": team_id, ASKED: asked}
        super().__init__(VercelProjectProvider(), resource_name, props, opts)
