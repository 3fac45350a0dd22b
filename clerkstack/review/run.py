"""The review of all stacks that a change is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from traceback import format_exception_only

from clerkstack.clients.errors import UnexpectedAnswer
from clerkstack.comparison.of_stack import Compared
from clerkstack.failures import ResourceFailed
from clerkstack.problems import ClerkstackError
from clerkstack.report.documents import CheckDocument
from clerkstack.review.stacks import NotCompared, Progress, Review, agree, previewed
from clerkstack.state.process import Commands


def reviewed(
    names: Sequence[str],
    pack: str,
    compared: Callable[[str], Compared],
    progress: Progress,
) -> list[Review]:
    """Review all stacks at once: the engine mostly waits for processes it starts.

    Args:
        names: of the stacks.
        pack: the policy pack.
        compared: compares app, catalog and instance of a stack.
        progress: gets each step as it begins.
    """
    commands = Commands()
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        try:
            started = [pool.submit(previewed, name, pack, commands, progress) for name in names]
            # Here, where an interrupt ends it.
            agreements = [_compared(name, compared, progress) for name in names]
            reviews = [preview.result() for preview in started]
        except BaseException:
            progress("interrupted: ending the engine")
            commands.stop()
            raise
    for review, agreement in zip(reviews, agreements, strict=True):
        agree(review, agreement)
    return reviews


def _compared(
    stack: str, compared: Callable[[str], Compared], progress: Progress
) -> CheckDocument | NotCompared:
    """App, catalog and instance side by side, or why that is not known."""
    progress(f"{stack}: comparing app, catalog and instance")
    try:
        return CheckDocument.of_stack(compared(stack))
    except ClerkstackError as error:
        service = isinstance(error, (ResourceFailed, UnexpectedAnswer)) or error.of_service
        return NotCompared(str(error), service=service)
    except Exception as error:  # the app's code is a stranger's: the rest is reviewed all the same
        return NotCompared("".join(format_exception_only(error)).strip(), service=False)
