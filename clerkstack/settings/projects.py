"""One Vercel project with all that holds for it: what it says itself, and what it does not."""

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

    `name` is the user's own, and empty where the stack has one project in the short form; `path`
    is where the project stands in the settings, `overwrite_path` where they name what it may
    `overwrite`. `targets` are those that the stack writes, and `said_names` what the settings say
    that the app reads, None where they say nothing. `paths` are the plain values of variables, by
    what these are for (`variable_names.PATHS`). `root_directory` is the folder of its app.
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
        """The target whose deployments run with the stack's variables; None where it writes none
        of a target that is deployed."""
        return self.deploys_to if self.deploys_to in self.targets else None

    @property
    def prefix(self) -> str:
        """Before a thing's name in what people read: `web: `, or nothing in the short form."""
        return f"{self.name}: " if self.name else ""

    @property
    def resource(self) -> str:
        """What the names of its resources begin with."""
        return f"environment-{self.name}" if self.name else "environment"
