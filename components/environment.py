"""The app's environment, for each Vercel project of the stack: every variable of the guide in its
target, then a redeploy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Mapping, Sequence

import pulumi
import pulumi_command as command

from clerkstack import early
from clerkstack.desired.rolling_out import as_if_new, rolls_out
from clerkstack.desired.variables import Keys, Variable, variables
from clerkstack.providers.look import Look
from clerkstack.providers.vercel_project import VercelProject
from clerkstack.providers.written_variables import WrittenVariables
from clerkstack.settings.models import Settings
from clerkstack.settings.names import VARIABLE_COMMENT
from clerkstack.settings.projects import Project
from clerkstack.settings.targets import DeployedTarget
from clerkstack.settings.vercel_plugin import ADDRESS
from components.base import Component, InstanceRef
from components.vercel import ProjectEnvironmentVariable


class Environment(Component):
    """One resource per variable, which project, key and target identify.

    Such a resource is updated in place and can be imported. Vercel's plural resource is replaced
    on each change and can't be imported.

    It is created before every other component: it reads what its projects have before anything is
    written anywhere. The variables themselves come at their place in the guide (`declare`).
    """

    def __init__(
        self, name: str, settings: Settings, formers: Mapping[Project, Sequence[str]]
    ) -> None:
        self._settings = settings
        projects = settings.vercel_projects
        self._looks = {project: Look(project, settings.connection) for project in projects}
        migrations = pulumi.ResourceOptions(state_migrations=[self._follow])
        super().__init__("Environment", name, opts=migrations)
        self._parts = [
            _OfProject(self, project, formers[project], look, self._asked(project, look))
            for project, look in self._looks.items()
        ]
        self.projects = [part.seen for part in self._parts]

    def _follow(self, state: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult | None:
        moved = [look.follow(state.old_state) for look in self._looks.values()]
        return pulumi.StateMigrationResult(state.old_state) if any(moved) else None

    async def _asked(self, project: Project, look: Look) -> dict[str, object]:
        # The state is unknown until the engine has registered this component. An output of its
        # URN would wait for all its children too.
        await self.urn.future()
        keys = Keys("", "", "" if self._settings.components.webhook else None)
        return look.asked(variables(project, keys))

    def declare(
        self,
        ref: InstanceRef,
        *,
        secret_key: pulumi.Input[str],
        signing_secret: pulumi.Input[str] | None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Declare the variables, and the redeploys after them."""
        self.stand(ref, after)
        if rolls_out() and pulumi.runtime.is_dry_run():
            secret_key = pulumi.Output.from_input(secret_key).apply(as_if_new)
            if signing_secret is not None:
                signing_secret = pulumi.Output.from_input(signing_secret).apply(as_if_new)
        keys = Keys[pulumi.Input[str]](ref.instance.publishable_key, secret_key, signing_secret)
        of_plugins = [each for part in self._parts for each in part.declare(self._settings, keys)]
        early.start(of_plugins)
        self.register_outputs({})


class _OfProject:
    """Declares what belongs to one project; `formers` are the former prefixes of its resource
    names."""

    def __init__(
        self,
        component: Component,
        project: Project,
        formers: Sequence[str],
        look: Look,
        plan: Awaitable[dict[str, object]],
    ) -> None:
        self._component, self._project, self._formers = component, project, formers
        self._hooks = look.hooks
        self.seen = VercelProject(
            self._name("project"),
            project_id=project.project_id,
            team_id=project.team_id,
            asked=plan,
            opts=self._options(pulumi.ResourceOptions(parent=component), "project"),
        )

    def declare(self, settings: Settings, keys: Keys[pulumi.Input[str]]) -> list[pulumi.Resource]:
        """Declare the variables, the check that they arrived, and the redeploy.

        Returns:
            The variables and the redeploy, which need the plugins of Vercel and of commands.
        """
        declared = variables(self._project, keys)
        resources = [self._variable(variable) for variable in declared]
        written = self._written(declared, resources)
        target = self._project.deployed
        if self._project.redeploy and target is not None:
            resources.append(self._redeploy(settings, target, declared, resources, written))
        return resources

    def _name(self, of: str) -> str:
        return f"{self._project.resource}-{of}"

    def _options(self, options: pulumi.ResourceOptions, of: str) -> pulumi.ResourceOptions:
        """The options, with the resource's former names as aliases."""
        aliases: list[pulumi.Input[pulumi.Alias | str]] = [
            pulumi.Alias(name=f"{former}-{of}") for former in self._formers
        ]
        return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(aliases=aliases))

    def _variable(self, variable: Variable[pulumi.Input[str]]) -> pulumi.Resource:
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
            # Vercel refuses a second variable with the same key and target.
            opts=pulumi.ResourceOptions.merge(
                self._options(self._component.protected(self.seen), of),
                pulumi.ResourceOptions(
                    hooks=self._hooks,
                    delete_before_replace=True,
                    # A variable that was taken over keeps people's comments.
                    ignore_changes=["comment"],
                ),
            ),
        )

    def _written(
        self,
        declared: Sequence[Variable[pulumi.Input[str]]],
        resources: Sequence[pulumi.Resource],
    ) -> WrittenVariables:
        """Declare the check that reads them back and finds edits of sensitive ones by hand."""
        named = {variable.name: variable for variable in declared}
        return WrittenVariables(
            self._name("written"),
            project_id=self._project.project_id,
            team_id=self._project.team_id,
            values={name: variable.value for name, variable in named.items()},
            sensitive=[name for name, variable in named.items() if variable.sensitive],
            opts=self._options(self._component.child(*resources), "written"),
        )

    def _redeploy(
        self,
        settings: Settings,
        target: DeployedTarget,
        declared: Sequence[Variable[pulumi.Input[str]]],
        resources: Sequence[pulumi.Resource],
        written: WrittenVariables,
    ) -> pulumi.Resource:
        """A running deployment keeps the variables it was built with, so rebuild it."""
        built = [variable for variable in declared if variable.target == target]
        values = [variable.value for variable in built]
        keys = [variable.key for variable in built]
        digest = pulumi.Output.all(*values).apply(lambda known: _digest(keys, known))
        if rolls_out():
            # The values at Vercel: a declared value that waits for its own update is built then.
            digest = written.values.apply(lambda known: _digest_of(known, target))
        # In the clear: the command plugin loses a secret in a list that is not known yet. Nobody
        # can get a key back from its digest.
        triggers = [pulumi.Output.unsecret(digest), written.restored]
        words = ["bin/clerkstack", "redeploy", "--project", self._project.project_id]
        words += ["--target", target]
        if self._project.team_id:
            words += ["--team", self._project.team_id]
        variables: dict[str, pulumi.Input[str]] = {ADDRESS: settings.urls.vercel}
        if settings.vercel_token is not None:
            token = settings.vercel_token.get_secret_value()
            variables["VERCEL_API_TOKEN"] = pulumi.Output.secret(token)
        return command.local.Command(
            self._name("redeploy"),
            create=" ".join(words),
            # A changed trigger is a reason to rebuild; a new token or address is not.
            update="true",
            environment=variables,
            triggers=triggers,
            opts=self._options(self._component.child(*resources, written), "redeploy"),
        )


def _digest_of(values: Mapping[str, str], target: str) -> str:
    """The digest of one target's values, which are named target/KEY."""
    names = [name for name in values if name.partition("/")[0] == target]
    return _digest([name.partition("/")[2] for name in names], [values[name] for name in names])


def _digest(keys: Sequence[str], values: Sequence[str]) -> str:
    pairs = json.dumps(sorted(zip(keys, values, strict=True)))
    return hashlib.sha256(pairs.encode()).hexdigest()[:32]
