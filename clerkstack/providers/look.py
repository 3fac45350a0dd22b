"""Reads what Vercel has before a project's variables are created, changed or removed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pulumi

from clerkstack.clients.errors import RateLimited, ServerError, Unreachable
from clerkstack.desired.variables import Variable
from clerkstack.failures import ResourceFailed
from clerkstack.providers.shared import provider_session
from clerkstack.reconcile.taken import Obstacles, obstacles, refusals
from clerkstack.safe import safe
from clerkstack.settings.models import Connection
from clerkstack.settings.names import PREFIX
from clerkstack.settings.projects import Project
from clerkstack.state.model import State
from clerkstack.state.variables import Kept, follow_team, kept_variables, name_of_variable

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable


class Look:
    """Looks at one project's variables.

    The state shows what a run is going to do; if that is nothing, no request is sent. The
    project's resource looks before anything is written anywhere, and a hook looks before a
    variable is updated.
    """

    def __init__(self, project: Project, connection: Connection) -> None:
        self._project, self._team = project.project_id, project.team_id
        self._overwrite = list(project.overwrite)
        self._setting = PREFIX + ".".join(map(str, project.overwrite_path))
        self._connection = connection
        self._kept: dict[str, Kept] = {}
        self._moved = False
        self._live: asyncio.Future[Sequence[EnvironmentVariable]] | None = None
        in_previews = pulumi.ResourceHookOptions(on_dry_run=True)
        hook = pulumi.ResourceHook(f"{project.resource}-look", self._before_update, in_previews)
        self.hooks = pulumi.ResourceHookBinding(before_update=[hook])
        """One hook for all variables."""

    def follow(self, entries: list[dict[str, Any]]) -> bool:
        """Read the state, and let it follow the project into another team. Returns whether that
        changed it."""
        state = State.of(entries)
        kept = kept_variables(state)
        self._kept = {
            name: variable for (of, name), variable in kept.items() if of == self._project
        }
        self._moved = follow_team(state, self._project, self._team)
        return self._moved

    def asked(self, declared: Sequence[Variable[Any]]) -> dict[str, object]:
        """What this run is going to do with variables, as inputs of the project's resource."""
        names = {variable.name: variable for variable in declared}
        planned = {name: "" for name in names if name not in self._kept}
        for name, kept in self._kept.items():
            if self._moved or name not in names or not kept.stays(names[name]):
                planned[name] = kept.id
        return {
            "variables": planned,
            "moved": self._moved,
            "overwrite": self._overwrite,
            "setting": self._setting,
            "stack": pulumi.get_stack(),
            "preview": pulumi.runtime.is_dry_run(),
        }

    async def _before_update(self, step: pulumi.ResourceHookArgs) -> None:
        """Refuse to update a variable that somebody has shared with other targets since the state
        was written: the update would take it from them. Sends one request for all variables, and
        only if one is updated."""
        variable_id = step.id.rpartition("/")[2]
        if self._live is None:
            # A thread of its own: all of the SDK's may be waiting for steps that wait for this.
            self._live = asyncio.get_running_loop().run_in_executor(
                ThreadPoolExecutor(1), copy_context().run, self._list
            )
        blocking = obstacles({name_of_variable(step.urn): variable_id}, await self._live)
        shared = Obstacles(shared=blocking.shared)
        reasons = refusals(shared, self._project, pulumi.get_stack(), self._overwrite)
        if reasons:
            raise ResourceFailed(safe("\n".join(reasons)))

    def _list(self) -> Sequence[EnvironmentVariable]:
        try:
            return provider_session(self._connection).variables(self._team, self._project)
        except (RateLimited, ServerError, Unreachable) as failure:
            if not pulumi.runtime.is_dry_run():
                raise
            pulumi.log.warn(
                safe(
                    "Vercel's variables cannot be read now; `up` reads them before it writes. "
                    f"{failure}"
                )
            )
            return []
