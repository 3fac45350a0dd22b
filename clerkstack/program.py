"""What the Pulumi program reads before it declares anything: settings, catalog, app."""

from __future__ import annotations

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from clerkstack.app import AppDeclaration, read_declaration
from clerkstack.catalog import Catalog, load_catalog
from clerkstack.problems import InputError, Problem
from clerkstack.settings import Settings, load_settings


def load_deployment() -> tuple[Settings, Catalog, AppDeclaration | None]:
    """Settings of the stack, the catalog and the app's declaration, all validated.

    Raises:
        pulumi.RunError: anything is wrong; the message lists every problem of every file with
            its place and its mend, and no resource has been declared.
    """
    problems: list[Problem] = []
    stack = pulumi.get_stack()
    file = Path(f"Pulumi.{stack}.yaml")
    try:
        settings = load_settings(get_config_env(), stack=stack, file=file)
    except InputError as error:
        # Without settings it is not known which other files there are.
        raise _refused(error.problems) from None
    catalog = app = None
    try:
        catalog = load_catalog(Path(settings.catalog))
    except InputError as error:
        problems += error.problems
    if settings.app_declaration:
        try:
            app = read_declaration(Path(settings.app_declaration))
        except InputError as error:
            problems += error.problems
    if catalog is None or problems:
        raise _refused(tuple(problems))
    return settings, catalog, app


def _refused(problems: tuple[Problem, ...]) -> pulumi.RunError:
    count = len(problems)
    lines = "\n".join(f"  {problem}" for problem in problems)
    return pulumi.RunError(
        f"{count} {'problem' if count == 1 else 'problems'} in what this stack declares. "
        f"Nothing was sent.\n{lines}"
    )
