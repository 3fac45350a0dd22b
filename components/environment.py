"""The app's environment: every variable of the guide, in its Vercel target, then a redeploy; of
each Vercel project that the stack names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pulumi
import pulumi_command as command

from clerkstack import providers
from clerkstack.declared.variables import DeployedTarget, Keys, Variable, variables
from clerkstack.settings import VARIABLE_COMMENT, Settings
from clerkstack.settings.projects import Project
from clerkstack.settings.vercel_plugin import ADDRESS
from components.base import Component, Place
from components.former import former_names
from components.vercel import ProjectEnvironmentVariable


class Environment(Component):
    """Variables are one resource for each project, key and target.

    They are the variable's natural key: such a resource is updated in place and can be imported,
    which the plural resource (deleted and made again on each change, never imported) can't.
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
        keys = Keys[pulumi.Input[str]](place.instance.publishable_key, secret_key, signing_secret)
        for project, formers in former_names(settings.vercel_projects).items():
            _OfProject(self, project, formers).declare(settings, keys)
        self.register_outputs({})


class _OfProject:
    """Declares what belongs to one project; `formers` are what the names of its resources began
    with before."""

    def __init__(self, component: Component, project: Project, formers: Sequence[str]) -> None:
        self._component, self._project, self._formers = component, project, formers

    def declare(self, settings: Settings, keys: Keys[pulumi.Input[str]]) -> None:
        """Declare the project, its variables, the look that they arrived, and the redeploy."""
        seen = providers.VercelProject(
            self._name("project"),
            project_id=self._project.project_id,
            team_id=self._project.team_id,
            opts=self._options(self._component.child(), "project"),
        )
        declared = variables(self._project, keys)
        resources = [self._variable(variable, seen) for variable in declared]
        written = self._written(declared, resources)
        target = self._project.deployed
        if self._project.redeploy and target is not None:
            self._redeploy(settings, target, declared, resources, written)

    def _name(self, of: str) -> str:
        return f"{self._project.resource}-{of}"

    def _options(self, options: pulumi.ResourceOptions, of: str) -> pulumi.ResourceOptions:
        """The options with what the resource was called before."""
        aliases: list[pulumi.Input[pulumi.Alias | str]] = [
            pulumi.Alias(name=f"{former}-{of}") for former in self._formers
        ]
        return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(aliases=aliases))

    def _variable(
        self, variable: Variable[pulumi.Input[str]], seen: pulumi.Resource
    ) -> pulumi.Resource:
        target = variable.target
        value = pulumi.Output.secret(variable.value) if variable.secret else variable.value
        of = f"{target}-{variable.key}"
        return ProjectEnvironmentVariable(
            self._name(of),
            project_id=self._project.project_id,
            team_id=self._project.team_id,
            key=variable.key,
            value=value,
            targets=[target],
            sensitive=variable.sensitive,
            comment=VARIABLE_COMMENT,
            # A second variable with the same key and target is refused while the first lives.
            opts=pulumi.ResourceOptions.merge(
                self._options(self._component.lasting(seen), of),
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
            self._name("written"),
            project_id=self._project.project_id,
            team_id=self._project.team_id,
            values={name: each.value for name, each in named.items()},
            sensitive=[name for name, each in named.items() if each.sensitive],
            opts=self._options(self._component.child(*resources), "written"),
        )

    def _redeploy(
        self,
        settings: Settings,
        target: DeployedTarget,
        declared: Sequence[Variable[pulumi.Input[str]]],
        resources: Sequence[pulumi.Resource],
        written: providers.WrittenVariables,
    ) -> None:
        """Running deployments keep the variables they were built with, so one is built again."""
        built = [variable for variable in declared if variable.target == target]
        values = [variable.value for variable in built]
        keys = [variable.key for variable in built]
        digest = pulumi.Output.all(*values).apply(lambda known: _digest(keys, known))
        # In the clear: the command's plugin loses a secret that stands in a list and is not known
        # yet. A digest with a key of Clerk's in it tells nobody the key.
        triggers = [pulumi.Output.unsecret(digest), written.restored]
        words = ["bin/clerkstack", "redeploy", "--project", self._project.project_id]
        words += ["--target", target]
        if self._project.team_id:
            words += ["--team", self._project.team_id]
        variables: dict[str, pulumi.Input[str]] = {ADDRESS: settings.urls.vercel}
        if settings.vercel_token is not None:
            token = settings.vercel_token.get_secret_value()
            variables["VERCEL_API_TOKEN"] = pulumi.Output.secret(token)
        command.local.Command(
            self._name("redeploy"),
            create=" ".join(words),
            # A new token or address is no reason to build again; a changed trigger is.
            update="true",
            environment=variables,
            triggers=triggers,
            opts=self._options(self._component.child(*resources, written), "redeploy"),
        )


def _digest(keys: Sequence[str], values: Sequence[str]) -> str:
    pairs = json.dumps(sorted(zip(keys, values, strict=True)))
    return hashlib.sha256(pairs.encode()).hexdigest()[:32]
