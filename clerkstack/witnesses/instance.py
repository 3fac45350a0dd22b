"""What a live instance has of what an app can ask for; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.desired.afterwards import Access
from clerkstack.live.roles import read_access
from clerkstack.reconcile.changes import object_at

if TYPE_CHECKING:
    from clerkstack.live.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import Settings
    from clerkstack.witnesses.wired import LiveWiring


@dataclass(frozen=True)
class Instance:
    """`exists` is False where the application has none of that environment. `billing` is the
    section of the config; `access` is what it has of roles."""

    exists: bool = True
    billing: JsonObject = field(default_factory=dict)
    access: Access = field(default_factory=Access)


def read_instance(settings: Settings, session: Session, tell: Callable[[str], None]) -> Instance:
    """Read it: application, config, roles, role sets. `tell` is given each step's name.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        OtherInstancesKey: the secret key is another instance's.
        ResourceFailed: it is missing.
    """
    place = (settings.application_id, settings.instance)
    tell("Clerk: application and instance")
    if session.instance(*place) is None:
        return Instance(exists=False)
    tell("Clerk: config")
    sections = session.config(*place).sections()
    billing = object_at(sections, "billing")
    if not object_at(sections, "organization_settings").get("enabled"):
        return Instance(billing=billing, access=Access(on=False))
    tell("Clerk: roles")
    with session.backend(*place) as backend:
        return Instance(billing=billing, access=read_access(backend))


def read_wiring(settings: Settings, session: Session, tell: Callable[[str], None]) -> LiveWiring:
    """Read what the endpoint gets and which variables are at Vercel, of what the stack declares.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        ResourceFailed: a key is missing.
    """
    from clerkstack.kept_url import same_url
    from clerkstack.witnesses.wired import LiveWiring

    endpoint = None
    if settings.components.webhook:
        tell("Svix: endpoint")
        svix = session.svix_app(settings.application_id, settings.instance)
        if svix is not None:
            with svix:
                there = svix.list_endpoints()
            at_url = (each for each in there if same_url(each.url, settings.webhook_url))
            endpoint = next(at_url, None)
    variables = {}
    for project in settings.vercel_projects if settings.components.environment else ():
        tell(f"Vercel: {project.prefix}variables")
        with session.vercel(project.team_id) as vercel:
            variables[project.project_id] = vercel.list_variables(project.project_id)
    return LiveWiring.of(endpoint, variables)
