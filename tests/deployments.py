"""Where tests of the engine begin: `@starts_from(development)` and the like.

Each is kept as files and copied (`tests/kept.py`), so what it takes is paid once.
"""

from __future__ import annotations

from local.project import Project, production_settings_on, settings_on
from tests.engine.written_app import write_app


def declared(project: Project) -> None:
    """The stack `local` of the development instance, and nothing deployed."""
    project.init("local", settings_on(project.world))


def development(project: Project) -> None:
    """The stack `local`, deployed."""
    declared(project)
    project.up()


def declared_production(project: Project) -> None:
    """The stack `prod`, protected as its users have it, and nothing deployed."""
    declared(project)
    project.init("prod", {**production_settings_on(project.world), "protect": True})


def production(project: Project) -> None:
    """The stack `prod`, deployed, and nothing on the development instance."""
    declared(project)
    project.init("prod", production_settings_on(project.world))
    project.up()


def protected_production(project: Project) -> None:
    """The same, protected."""
    declared_production(project)
    project.up()


def both(project: Project) -> None:
    """The stacks `local` and `prod`, deployed; `prod` is current."""
    development(project)
    project.init("prod", production_settings_on(project.world))
    project.up()


def development_beside_production(project: Project) -> None:
    """The stack `local`, deployed and current, beside `prod`, which is declared and protected."""
    declared_production(project)
    project.stack = "local"
    project.up()


def development_of_an_app(project: Project) -> None:
    """The stack `local` with an app beside it that asks for what is sold, deployed."""
    declared(project)
    write_app(project)
    project.up()


def production_of_an_app(project: Project) -> None:
    """The same of `prod`, protected."""
    declared_production(project)
    write_app(project)
    project.up()
