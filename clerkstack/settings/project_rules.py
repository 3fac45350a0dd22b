"""Rules for the Vercel projects of a stack: at least one, each named once, and no two apps at one
address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from clerkstack.settings.broken import Broken
from clerkstack.settings.forms import how_to_set
from clerkstack.settings.keys import wrong_vercel_token
from clerkstack.settings.targets import TARGETS
from clerkstack.settings.urls import good_url, unlike_app_url

if TYPE_CHECKING:
    from clerkstack.settings.models import EnvironmentSettings, ProjectSettings, Settings
    from clerkstack.settings.names import Step

    _Said = tuple[EnvironmentSettings | ProjectSettings, tuple[Step, ...]]

PLACEHOLDER = "REPLACE_ME"  # in Pulumi.dev.yaml and Pulumi.prod.yaml


def broken_projects(settings: Settings) -> Iterator[Broken]:
    """Every rule that `clerkstack:environment` breaks."""
    environment = settings.environment
    yield from _fields(environment, ("environment",), settings.instance)
    for name, project in environment.projects.items():
        path = ("environment", "projects", name)
        yield from _fields(project, path, settings.instance)
        yield from _urls(project, path, settings.instance)
    if "projects" in environment.model_fields_set and not environment.projects:
        remedy = "Name at least one, or remove it"
        yield Broken(("environment", "projects"), "is empty", remedy)
        return
    if not settings.components.environment:
        return
    yield from _identities(settings)
    token = settings.vercel_token
    wrong = None if token is None else wrong_vercel_token(token.get_secret_value())
    if token is None or wrong:
        set_it = how_to_set(("vercel:apiToken",))
        remedy = f"Make a token at https://vercel.com/account/tokens. {set_it}"
        yield Broken(("vercel:apiToken",), wrong or "is missing", remedy)


def _fields(
    fields: EnvironmentSettings | ProjectSettings, path: tuple[Step, ...], instance: str
) -> Iterator[Broken]:
    """Rules for the settings that the environment and each project share."""
    yield from _named_twice(fields.names, (*path, "names"))
    if ".." in PurePosixPath(fields.root_directory or "").parts:
        message, remedy = "leads out of the app's checkout", "Write a path inside it"
        yield Broken((*path, "rootDirectory"), message, remedy)
    targets = fields.targets or ()
    yield from _named_twice(targets, (*path, "targets"))
    for number, target in enumerate(targets):
        if target not in TARGETS[instance]:
            own = " and ".join(TARGETS[instance])
            message = f"names {target}, which does not get keys of a {instance} instance"
            remedy = f"Use {own}, or remove it"
            yield Broken((*path, "targets", number), message, remedy)
    for number, variable in enumerate(fields.overwrite):
        at = (*path, "overwrite", number)
        if variable in fields.leave_alone:
            remedy = "Remove it from one of the two"
            yield Broken(at, f"names {variable}, and so does leaveAlone", remedy)
        elif variable.partition("/")[0] not in TARGETS[instance]:
            remedy = f"This stack writes {' and '.join(TARGETS[instance])}"
            message = f"names {variable}, which is not a variable of this stack"
            yield Broken(at, message, remedy)


def _named_twice(names: Sequence[str], path: tuple[Step, ...]) -> Iterator[Broken]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Broken((*path, number), f"names {name} twice", "Name it once")


def _urls(project: ProjectSettings, path: tuple[Step, ...], instance: str) -> Iterator[Broken]:
    development = instance == "development"
    url = project.app_url
    if url is not None and not good_url(url, loopback_ok=development):
        message, remedy = unlike_app_url(url, development=development)
        yield Broken((*path, "appUrl"), message, remedy)
    url = project.development_app_url
    if url is not None and not good_url(url, loopback_ok=True):
        message = "is neither an https URL nor http on localhost"
        yield Broken((*path, "developmentAppUrl"), message, "For example http://localhost:3000")
    elif url is not None and not development:
        message = "applies only to a stack with clerkstack:instance development"
        yield Broken((*path, "developmentAppUrl"), message, "Remove it")


def _identities(settings: Settings) -> Iterator[Broken]:
    """Rules for ids: missing, not filled in, or both forms used at once."""
    environment = settings.environment
    if environment.projects and environment.project_id:
        yield Broken(
            ("environment", "projectId"),
            "conflicts with environment.projects",
            "Remove it, and add that project to environment.projects, with its projectId: "
            "its variables do not change",
        )
    alone: _Said = (environment, ("environment",))
    projects: list[_Said] = [
        (environment.projects[name], ("environment", "projects", name))
        for name in sorted(environment.projects)
    ]
    for fields, at in projects or [alone]:
        path = (*at, "projectId")
        if not fields.project_id or PLACEHOLDER in fields.project_id:
            message = "is still a placeholder" if fields.project_id else "is missing"
            yield Broken(path, message, how_to_set(path, "prj_…"))
    for fields, at in (alone, *projects):
        if fields.team_id and PLACEHOLDER in fields.team_id:
            path = (*at, "teamId")
            yield Broken(path, "is still a placeholder", how_to_set(path, "team_…"))


def projects_apart(settings: Settings) -> Iterator[Broken]:
    """Refuse a project under two names, which would get two values for one variable, and two apps
    at one address, since nobody could tell which of them answers."""
    environment = settings.environment
    empty = "projects" in environment.model_fields_set and not environment.projects
    if empty or not settings.components.environment:
        return
    projects = settings.vercel_projects
    for number, project in enumerate(projects):
        before = projects[:number]
        if not project.project_id or PLACEHOLDER in project.project_id:
            continue
        for other in before:
            if other.project_id == project.project_id:
                yield Broken(
                    (*project.path, "projectId"),
                    f"is already the project of {other.name}",
                    "List each project once, with all of its targets under targets",
                )
            elif (
                project.deployed
                and other.deployed
                and _address(other.app_url) == _address(project.app_url)
            ):
                path = (*project.path, "appUrl")
                yield Broken(
                    path,
                    f"is also the URL of {other.name}'s app, so it is unclear which of the "
                    "two answers",
                    how_to_set(path, "https://…"),
                )


def _address(url: str) -> str:
    return url.rstrip("/").lower()
