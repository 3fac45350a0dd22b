"""A Vercel project with all its settings, its own and the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clerkstack.settings.names import Step
    from clerkstack.settings.targets import DeployedTarget, Target
    from clerkstack.settings.variable_names import NameSet, Purpose


@dataclass(frozen=True)
class Project:
    """A Vercel project that the stack's variables are written to.

    `name` is the user's own, empty if the stack has one project in the short form. `path` is its
    path in the settings, `overwrite_path` that of the list in `overwrite`. `targets` are those that
    the stack writes. `said_names` are the names that the app reads according to the settings, None
    if they don't say. `paths` are the plain values of variables by purpose
    (`variable_names.PATHS`). `root_directory` is the folder of its app.
    """

    name: str
    path: tuple[Step, ...]
    project_id: str
    team_id: str | None
    app_url: str
    development_app_url: str
    targets: tuple[Target, ...]
    names: tuple[NameSet, ...]
    said_names: tuple[NameSet, ...] | None
    paths: Mapping[Purpose, str] = field(hash=False)
    sensitive: Literal["secrets", "all"]
    leave_alone: tuple[str, ...]
    overwrite: tuple[str, ...]
    overwrite_path: tuple[Step, ...]
    redeploy: bool
    deploys_to: DeployedTarget
    root_directory: str | None = None

    @property
    def deployed(self) -> DeployedTarget | None:
        """The target whose deployments run with the stack's variables; None if the stack writes to
        no target that is deployed."""
        return self.deploys_to if self.deploys_to in self.targets else None

    @property
    def prefix(self) -> str:
        """What messages put before the name of something in it: `web: `, or nothing."""
        return f"{self.name}: " if self.name else ""

    @property
    def resource(self) -> str:
        """The prefix of its resource names."""
        return f"environment-{self.name}" if self.name else "environment"
