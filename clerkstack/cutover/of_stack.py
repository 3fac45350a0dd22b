"""Opens the readings by which the points of a stack are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clerkstack.app.read import read_app
from clerkstack.catalog.load import load_catalog
from clerkstack.cutover.policies import judged_policies
from clerkstack.cutover.read import Readings
from clerkstack.live.instance import LiveInstance
from clerkstack.problems import ClerkstackError
from clerkstack.smoke.run import run_on
from clerkstack.smoke.target import target_of
from clerkstack.state.engine import export
from clerkstack.state.known import Known

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings
    from clerkstack.smoke.report import SmokeReport


@contextmanager
def readings_of(
    stack: str,
    settings: Settings,
    reference: Settings | None,
    open_live: Callable[[Settings], LiveInstance],
    progress: Callable[[str], None],
    smoke: Callable[[str], None] | None,
) -> Iterator[Readings]:
    """Read the files and the state of a stack; its services are read later, point by point.

    Args:
        stack, settings: its name, and its settings.
        reference: the settings of a stack that has what production needs.
        open_live: opens its instance.
        progress: called with each step of reading the app as it begins.
        smoke: called with each step of a smoke run; None for no smoke run.

    Raises:
        ClerkstackError: the stack is not production's, or a file or its state cannot be read.
    """
    if settings.instance != "production":
        raise ClerkstackError(
            f"{stack} is for the {settings.instance} instance: cutover checks production"
        )
    catalog = load_catalog(Path(settings.catalog))
    app = read_app(settings.app, settings.app_declaration, progress=progress)
    state = export(stack)
    with open_live(settings) as live:
        yield Readings(
            settings,
            catalog,
            Known.of(state),
            live,
            resources=state.entries,
            reference=None if reference is None else _beside(live, reference),
            smoke=None if smoke is None else partial(_smoke_run, settings, live, smoke),
            policies=partial(judged_policies, stack, settings),
            app=app,
        )


def _beside(live: LiveInstance, settings: Settings) -> LiveInstance:
    """Return the instance of another stack, of which only the config is read."""
    return LiveInstance.of(settings, live.session.beside(settings.connection), live.reads)


def _smoke_run(
    settings: Settings, live: LiveInstance, progress: Callable[[str], None]
) -> SmokeReport:
    report = run_on(target_of(settings, live), progress=progress)
    if report.interrupted:
        # The smoke run has cleaned up; Ctrl-C was meant for the whole cutover.
        raise KeyboardInterrupt
    return report
