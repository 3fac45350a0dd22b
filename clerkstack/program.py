"""What the Pulumi program reads before it declares anything: settings, catalog, app."""

from __future__ import annotations

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from clerkstack.app import AppDeclaration, read_declaration
from clerkstack.catalog import Catalog, load_catalog
from clerkstack.problems import InputError, Problem
from clerkstack.settings import PREFIX, Settings, load_settings

CATALOG_KEY = f"{PREFIX}catalog"
APP_KEY = f"{PREFIX}appDeclaration"


def load_deployment() -> tuple[Settings, Catalog, AppDeclaration | None]:
    """Settings of the stack, the catalog and the app's declaration, all validated.

    Raises:
        pulumi.RunError: anything is wrong; the message lists every problem of every file with
            its place and its mend, and no resource has been declared.
    """
    problems: list[Problem] = []
    stack = pulumi.get_stack()
    raw = get_config_env()
    settings = catalog = app = None
    try:
        settings = load_settings(
            raw,
            stack=stack,
            file=Path(f"Pulumi.{stack}.yaml"),
            encrypted=get_config_secret_keys_env(),
        )
    except InputError as error:
        problems += error.problems
    # The other files are read even where the settings are wrong: all mistakes are told at once.
    catalog_file = settings.catalog if settings else raw.get(CATALOG_KEY, "catalog.yaml")
    app_file = settings.app_declaration if settings else raw.get(APP_KEY)
    try:
        catalog = load_catalog(Path(catalog_file))
    except InputError as error:
        problems += error.problems
    if app_file:
        try:
            app = read_declaration(Path(app_file))
        except InputError as error:
            problems += error.problems
    if settings is None or catalog is None or problems:
        raise _refused(tuple(problems))
    return settings, catalog, app


def _refused(problems: tuple[Problem, ...]) -> pulumi.RunError:
    count = len(problems)
    lines = "\n".join(f"  {problem}" for problem in problems)
    return pulumi.RunError(
        f"{count} {'problem' if count == 1 else 'problems'} in what this stack declares. "
        f"Nothing was sent.\n{lines}"
    )
