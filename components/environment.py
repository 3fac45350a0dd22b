"""The app's environment: every variable of the guide, in its Vercel target, then a redeploy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_command as command

from clerkstack import providers
from clerkstack.declared.variables import DEPLOYED, Keys, Variable, variables
from clerkstack.settings import VARIABLE_COMMENT, EnvironmentSettings, Settings
from clerkstack.settings.vercel_plugin import ADDRESS
from components.base import Component, Place
from components.look import Look
from components.vercel import ProjectEnvironmentVariable


class Environment(Component):
    """Variables are one resource for each key and target.

    Key and target are the variable's natural key: such a resource is updated in place and can
    be imported, which the plural resource (deleted and made again on each change, never
    imported) can't.

    It begins before everything else: what its project has already is looked at before anything
    is written anywhere. The variables themselves come at their place in the guide (`declare`).
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self._name = name
        self._all = settings
        self._settings: EnvironmentSettings = settings.environment
        self._look = Look(
            name,
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            overwrite=self._settings.overwrite,
            connection=settings.connection,
        )
        migrations = pulumi.ResourceOptions(state_migrations=[self._follow])
        super().__init__("Environment", name, opts=migrations)
        self.project = providers.VercelProject(
            f"{name}-project",
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            asked=self._asked(),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _follow(self, state: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult | None:
        moved = self._look.follow(state.old_state)
        return pulumi.StateMigrationResult(state.old_state) if moved else None

    async def _asked(self) -> dict[str, object]:
        # Until the engine has taken up this component, what the state has is not known. An output
        # of its URN would be one of all its children too.
        await self.urn.future()
        keys = Keys("", "", "" if self._all.components.webhook else None)
        return self._look.asked(variables(self._all, keys))

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
                    hooks=self._look.hooks,
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
