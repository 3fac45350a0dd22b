"""App, catalog and instance of a stack, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.read import read_app
from clerkstack.catalog.load import load_catalog
from clerkstack.comparison.compare import Comparison, compare
from clerkstack.comparison.instance import Instance
from clerkstack.comparison.wired import LiveWiring, Wired, wired
from clerkstack.desired.access import access_inputs
from clerkstack.desired.billing import billing_inputs

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings


@dataclass(frozen=True)
class Compared:
    """What a stack's settings name, side by side. `app` and `instance` are None if not read."""

    stack: str
    settings: Settings
    app: AppCode | None
    instance: Instance | None
    found: Comparison
    beside: Wired
    """What the app does with events and variables; its findings are among those of `found`."""

    @property
    def path(self) -> str | None:
        """Where the app's code is."""
        if self.app is None:
            return None
        return self.settings.app_declaration if self.app.path is None else self.app.path


def compare_stack(
    stack: str,
    settings: Settings,
    open_live: Callable[[Settings], LiveInstance] | None,
    progress: Callable[[str], None],
) -> Compared:
    """Compare app, catalog and instance of a stack.

    Args:
        stack: its name.
        settings: its settings.
        open_live: opens its instance, once the files are read; None leaves the instance out.
        progress: gets each step of reading the app as it begins.

    Raises:
        ClerkstackError: what the settings name is wrong, or a service failed.
    """
    catalog = load_catalog(Path(settings.catalog))
    app = read_app(settings.app, settings.app_declaration, progress=progress)
    instance = there = None
    if open_live is not None:
        with open_live(settings) as live:
            instance = Instance.of(live)
            if app is not None and app.wiring is not None and instance.exists:
                there = LiveWiring.read(settings, live)
    inputs = billing_inputs(settings.billing, catalog, app, catalog_file=settings.catalog)
    found = compare(
        app,
        inputs,
        instance,
        access=access_inputs(settings, app),
        brought=settings.components.billing,
        production=settings.instance == "production",
    )
    beside = wired(settings, None if app is None else app.wiring, there)
    found = replace(found, findings=(*found.findings, *beside.findings))
    return Compared(stack, settings, app, instance, found, beside)
