"""The app's environment: every variable of the guide, in its Vercel target, then a redeploy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pulumi
import pulumi_command as command

from clerkstack import providers
from clerkstack.declared.variables import DEPLOYED, Keys, Variable, variables
from clerkstack.settings import VARIABLE_COMMENT, EnvironmentSettings, Settings
from clerkstack.settings.vercel_plugin import ADDRESS
from components.base import Component, Place
from components.vercel import ProjectEnvironmentVariable


class Environment(Component):
    """Variables are one resource for each key and target.

    Key and target are the variable's natural key: such a resource is updated in place and can
    be imported, which the plural resource (deleted and made again on each change, never
    imported) can't.
    """

    def __init__(
        self,
        name: str,
        place: Place,
        settings: Settings,
        *,
        secret_key: pulumi.Input[str],
        signing_secret: pulumi.Input[str] | None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("Environment", name, place, after)
        self._name = name
        self._settings: EnvironmentSettings = settings.environment
        self._project = providers.VercelProject(
            f"{name}-project",
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            opts=self.child(),
        )
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
            f"{self._name}-{target}-{variable.key}",
            project_id=self._settings.project_id,
            team_id=self._settings.team_id,
            key=variable.key,
            value=value,
            targets=[target],
            sensitive=variable.sensitive,
            comment=VARIABLE_COMMENT,
            # A second variable with the same key and target is refused while the first lives.
            opts=pulumi.ResourceOptions.merge(
                self.lasting(self._project),
                pulumi.ResourceOptions(
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
        named = {f"{each.target}/{each.key}": each for each in declared}
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
