"""A live instance with given answers, which reads nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from clerkstack.live.instance import LiveInstance
from clerkstack.settings.projects import Project

EMPTY: dict[str, Any] = {
    "found": None,
    "sections": {},
    "endpoints": (),
    "event_types": frozenset(),
    "variables": (),
}


class GivenInstance(LiveInstance):
    """`values` has the result of each method by name. An exception is raised. Results for a Vercel
    project are the same for all projects, or by the project's id."""

    def __init__(self, publishable_key: str | None = None, **values: Any) -> None:
        session: Any = SimpleNamespace(requests=[], has_secret_key=False)
        super().__init__(session, ("app_1", "given"), publishable_key=publishable_key)
        self.values = {**EMPTY, **values}

    def _given(self, name: str) -> Any:
        def read() -> Any:
            value = self.values[name]
            if isinstance(value, Exception):
                raise value
            return value

        return self.reads.once(name, name, read)


def _giving(name: str) -> Any:
    return lambda self, *_, **__: self._given(name)


def _giving_of_project(name: str) -> Any:
    def given(self: GivenInstance, project: Project, *_: Any, **__: Any) -> Any:
        value = self._given(name)
        return value.get(project.project_id, ()) if isinstance(value, dict) else value

    return given


for _name in [
    *("found", "sections", "environment", "list_roles", "list_role_sets", "list_permissions"),
    *("roles", "redirect_urls", "instance_domains", "domains", "domain_status", "count_users"),
    *("endpoints", "event_types", "signing_secret", "headers", "attempts"),
]:
    setattr(GivenInstance, _name, _giving(_name))
for _name in ["variables", "deployment"]:
    setattr(GivenInstance, _name, _giving_of_project(_name))
