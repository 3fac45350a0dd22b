"""The app's environment: every variable of the guide, in its Vercel target, then a redeploy."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_command as command

from clerkstack import providers
from clerkstack.clients.errors import RateLimited, ServerError, Unreachable
from clerkstack.declared.variables import DEPLOYED, Keys, Variable, variables
from clerkstack.providers.errors import ResourceFailed
from clerkstack.providers.session import session_for
from clerkstack.reconcile.taken import Obstacles, obstacles, refusals
from clerkstack.settings import VARIABLE_COMMENT, EnvironmentSettings, Settings
from clerkstack.settings.vercel_plugin import ADDRESS
from clerkstack.variables_in_state import Kept, follow_team, kept_variables, name_of_variable
from components.base import Component, Place
from components.vercel import ProjectEnvironmentVariable

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable


class Environment(Component):
    """Variables are one resource for each key and target.

    Key and target are the variable's natural key: such a resource is updated in place and can
    be imported, which the plural resource (deleted and made again on each change, never
    imported) can't.

    It begins before everything else: what its project has already is looked at before anything
    is written anywhere. The variables themselves come at their place in the guide (`declare`).
    """

    def __init__(self, name: str, settings: Settings) -> None:
        migrations = pulumi.ResourceOptions(state_migrations=[self._follow])
        self._name = name
        self._all = settings
        self._settings: EnvironmentSettings = settings.environment
        self._kept: dict[tuple[str, str], Kept] = {}
        self._moved = False
        super().__init__("Environment", name, opts=migrations)
        self.project = providers.VercelProject(
            f"{name}-project",
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            asked=self._asked(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        in_previews = pulumi.ResourceHookOptions(on_dry_run=True)
        self._look = pulumi.ResourceHook(f"{name}-look", self._before_update, in_previews)
        self._live: asyncio.Future[Sequence[EnvironmentVariable]] | None = None

    async def _before_update(self, step: pulumi.ResourceHookArgs) -> None:
        """Refuse an update of a variable that somebody has given to others since the state was
        written: it would take it from them. Asks once for all variables, and only where one is
        updated."""
        variable_id = step.id.rpartition("/")[2]
        if self._live is None:
            self._live = asyncio.ensure_future(asyncio.to_thread(self._list))
        live = await self._live
        found = obstacles({name_of_variable(step.urn): variable_id}, live)
        shared = Obstacles(shared=found.shared)
        project, stack = self._settings.project_id, pulumi.get_stack()
        reasons = refusals(shared, project, stack, self._settings.overwrite)
        if reasons:
            raise ResourceFailed("\n".join(reasons))

    def _list(self) -> Sequence[EnvironmentVariable]:
        try:
            session = session_for(self._all.connection)
            with session.vercel(self._settings.team_id) as vercel:
                return vercel.list_variables(self._settings.project_id)
        except (RateLimited, ServerError, Unreachable) as failure:
            if not pulumi.runtime.is_dry_run():
                raise
            pulumi.log.warn(
                f"what is at Vercel can't be seen; `up` looks before it writes. {failure}"
            )
            return []

    def _follow(self, state: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult | None:
        """See what the state has, and let it follow the project into another team."""
        project, team = self._settings.project_id, self._settings.team_id
        self._kept = kept_variables(state.old_state)
        self._moved = follow_team(state.old_state, project, team)
        return pulumi.StateMigrationResult(state.old_state) if self._moved else None

    async def _asked(self) -> dict[str, object]:
        """What this run is going to do with variables, as the project's resource takes it."""
        # Until the engine has taken up this component, what the state has is not known. An output
        # of its URN would be one of all its children too.
        await self.urn.future()
        keys = Keys("", "", "" if self._all.components.webhook else None)
        project = self._settings.project_id
        kept = {name: each for (of, name), each in self._kept.items() if of == project}
        declared = {each.name: each for each in variables(self._all, keys)}
        asked = {name: "" for name in declared if name not in kept}
        for name, each in kept.items():
            if self._moved or name not in declared or not each.stays(declared[name]):
                asked[name] = each.id
        return {
            "variables": asked,
            "moved": self._moved,
            "overwrite": self._settings.overwrite,
            "stack": pulumi.get_stack(),
            "preview": pulumi.runtime.is_dry_run(),
        }

    def _resource_name(self, variable: Variable[Any]) -> str:
        return f"{self._name}-{variable.target}-{variable.key}"

    def declare(
        self,
        place: Place,
        *,
        secret_key: pulumi.Input[str],
        signing_secret: pulumi.Input[str] | None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Declare the variables, and the redeploy after them."""
        self.stand(place, after)
        settings = self._all
        keys = Keys[pulumi.Input[str]](place.instance.publishable_key, secret_key, signing_secret)
        declared = variables(settings, keys)
        resources = [self._declare(variable) for variable in declared]
        written = self._written(declared, resources)
        if self._settings.redeploy:
            self._redeploy(settings, declared, resources, written)
        self.register_outputs({})

    def _declare(self, variable: Variable[pulumi.Input[str]]) -> pulumi.Resource:
        target = variable.target
        value = pulumi.Output.secret(variable.value) if variable.secret else variable.value
        return ProjectEnvironmentVariable(
            self._resource_name(variable),
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            key=variable.key,
            value=value,
            targets=[target],
            sensitive=variable.sensitive,
            comment=VARIABLE_COMMENT,
            # A second variable with the same key and target is refused while the first lives.
            opts=pulumi.ResourceOptions.merge(
                self.lasting(self.project),
                pulumi.ResourceOptions(
                    hooks=pulumi.ResourceHookBinding(before_update=[self._look]),
                    delete_before_replace=True,
                    # One that was taken over keeps what people wrote there.
                    ignore_changes=["comment"],
                ),
            ),
        )

    def _written(
        self,
        declared: Sequence[Variable[pulumi.Input[str]]],
        resources: Sequence[pulumi.Resource],
    ) -> providers.WrittenVariables:
        """They are read back, and edits of sensitive ones by hand are found."""
        named = {each.name: each for each in declared}
        return providers.WrittenVariables(
            f"{self._name}-written",
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            values={name: each.value for name, each in named.items()},
            sensitive=[name for name, each in named.items() if each.sensitive],
            opts=self.child(*resources),
        )

    def _redeploy(
        self,
        settings: Settings,
        declared: Sequence[Variable[pulumi.Input[str]]],
        resources: Sequence[pulumi.Resource],
        written: providers.WrittenVariables,
    ) -> None:
        """Running deployments keep the variables they were built with, so one is built again."""
        target = DEPLOYED[self.place.environment]
        built = [variable for variable in declared if variable.target == target]
        values = [variable.value for variable in built]
        keys = [variable.key for variable in built]
        digest = pulumi.Output.all(*values).apply(lambda known: _digest(keys, known))
        # In the clear: the command's plugin loses a secret that stands in a list and is not known
        # yet. A digest with a key of Clerk's in it tells nobody the key.
        triggers = [pulumi.Output.unsecret(digest), written.restored]
        words = ["bin/clerkstack", "redeploy", "--project", self._settings.project_id]
        words += ["--target", target]
        if self._settings.team_id:
            words += ["--team", self._settings.team_id]
        variables: dict[str, pulumi.Input[str]] = {ADDRESS: settings.urls.vercel}
        if settings.vercel_token is not None:
            token = settings.vercel_token.get_secret_value()
            variables["VERCEL_API_TOKEN"] = pulumi.Output.secret(token)
        command.local.Command(
            f"{self._name}-redeploy",
            create=" ".join(words),
            # A new token or address is no reason to build again; a changed trigger is.
            update="true",
            environment=variables,
            triggers=triggers,
            opts=self.child(*resources, written),
        )


def _digest(keys: Sequence[str], values: Sequence[str]) -> str:
    pairs = json.dumps(sorted(zip(keys, values, strict=True)))
    return hashlib.sha256(pairs.encode()).hexdigest()[:32]
