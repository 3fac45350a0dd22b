"""Errors that providers raise on purpose, and how `pulumi up` shows them."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from clerkstack.problems import ClerkstackError
from clerkstack.safe import safe

P = ParamSpec("P")
R = TypeVar("R")


class ResourceFailed(ClerkstackError):
    """A resource could not be made as declared; the message says what to do."""


class OtherInstancesKey(ClerkstackError):
    """A key of the stack's config belongs to another instance than the stack declares."""


class Unexpected(Exception):
    """A mistake in this program, with its frames."""


def plainly(operation: Callable[P, R]) -> Callable[P, R]:
    """Show a deliberate error of `operation` as its message, without a traceback.

    The engine prints whatever the dynamic provider's traceback printer returns. A traceback does
    not help anybody who mistyped a key, so the project's own errors have none. Every other
    exception is a bug and keeps its traceback, as text without secrets.
    """

    @functools.wraps(operation)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        sys.__dict__.pop("tracebacklimit", None)
        try:
            return operation(*args, **kwargs)
        except ClerkstackError as error:
            sys.tracebacklimit = 0
            raise ResourceFailed(safe(str(error))) from None
        except Exception:
            sys.tracebacklimit = 0
            raise Unexpected(safe(traceback.format_exc())) from None

    return wrapped
