"""Explains failures of the engine's command, and what to do about them.

Pulumi's Automation API has error types for an unknown stack and a lock
(`pulumi.automation.errors`). For everything else it has only CommandError with the text: a state
that cannot be loaded, a missing target, a failed backend or secrets provider, and who holds a lock.
This module, and no other, reads those from the engine's English.
"""

from __future__ import annotations

import json
import re

from clerkstack.problems import ClerkstackError
from clerkstack.state.locks import Locked, Owner
from clerkstack.state.process import Ran


class UnknownStack(ClerkstackError):
    """The backend in use has no such stack."""


class Damaged(ClerkstackError):
    """The engine cannot load the state."""


class NoSuchTarget(ClerkstackError):
    """The stack has no resource with the URN of a `--target`."""


class BackendFailed(ClerkstackError):
    """A backend or a secrets provider failed: the same command can be run again."""

    of_service = True


_CANNOT_LOAD = "failed to load checkpoint"
_NO_TARGET = "no resource named"
_NO_PROJECT = "no Pulumi.yaml project file found"
_OWNER = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")

_NO_CREDENTIALS = (
    "There are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`."
)
# Texts of the engine and boto3 about failed services, and remedies.
_SERVICES = (
    ("NoSuchBucket", "Create the bucket first, or correct its name and region: docs/team.md."),
    ("get credentials", _NO_CREDENTIALS),
    ("locate credentials", _NO_CREDENTIALS),
    ("NotFoundException", "KMS does not know the key: check its id and region."),
    ("DisabledException", "The key is disabled: enable it in KMS."),
    ("KMSInvalidStateException", "The key is disabled or about to be deleted: check it in KMS."),
    ("InvalidAccessKeyId", "AWS does not know these credentials."),
    ("UnrecognizedClientException", "AWS does not know these credentials."),
    ("InvalidSignatureException", "AWS does not know these credentials."),
    ("SignatureDoesNotMatch", "AWS does not know these credentials."),
    ("AccessDenied", "These credentials lack a permission: docs/team.md lists what is needed."),
    ("ExpiredToken", "The credentials have expired: sign in again."),
    ("connection refused", "Nothing answers at that address."),
    ("no such host", "There is no such host."),
    ("PULUMI_ACCESS_TOKEN must be set", "Sign in to Pulumi Cloud first, or use s3://…, file://…."),
    ("SlowDown", "S3 asks to slow down."),
    ("InternalError", "The service failed."),
    ("exceeded maximum number of attempts", "The service does not answer."),
)  # fmt: skip

# Texts of Go's network library, of the clients of the engine's backends and of our own clients.
_UNREACHED = re.compile(
    r"dial tcp|performing HTTP request|request send failed|no such host|connection re(?:fused|set)"
    r"|i/o timeout|context deadline exceeded|TLS handshake|\((?:429|5\d\d)\b|cannot be reached"
    r"|gave no answer"
)


def failure(command: str, ran: Ran) -> ClerkstackError:
    """A failed command as an error, with its error output and, if that has none, a remedy.

    Args:
        command: its first word (`preview`).
        ran: how it ended.
    """
    # Imported here: only a failed command needs the engine's library.
    from pulumi.automation import CommandResult, ConcurrentUpdateError, StackNotFoundError
    from pulumi.automation.errors import create_command_error

    detail = (ran.err or _diagnostics(ran.out) or ran.out).strip()
    message = f"pulumi {command} failed:\n{detail}"
    kind = create_command_error(CommandResult(ran.out, ran.err or ran.out, ran.code))
    if isinstance(kind, StackNotFoundError):
        return UnknownStack(
            f"{message}\n`pulumi stack ls` lists the stacks; `pulumi stack init` creates one."
        )
    if isinstance(kind, ConcurrentUpdateError):
        owner = _OWNER.search(detail)
        return Locked(message, owner and Owner(owner["user"], owner["host"], int(owner["pid"])))
    if is_damaged(ran):
        return Damaged(
            f"{message}\nThe state is damaged: bin/clerkstack recover --stack <stack>; if "
            "that does not help, add --from-history."
        )
    if _NO_TARGET in detail:
        return NoSuchTarget(message)
    if _NO_PROJECT in detail:
        return ClerkstackError(f"{message}\nRun this in the project's folder.")
    remedy = remedy_of(detail)
    if remedy is not None:
        return BackendFailed(f"{message}\n{remedy} Then run this again.")
    return ClerkstackError(message)


def is_damaged(ran: Ran) -> bool:
    """Whether a command failed because the engine cannot load the state."""
    return _CANNOT_LOAD in ran.err + ran.out


def remedy_of(text: str) -> str | None:
    """The remedy for a failure of a backend or a secrets provider, None for any other text."""
    return next((remedy for word, remedy in _SERVICES if word in text), None)


def is_unreached(message: str) -> bool:
    """Whether an error of a preview says that a service or a backend did not answer."""
    return _UNREACHED.search(message) is not None


def _diagnostics(printed: str) -> str:
    """The errors in a run's JSON output, without the plan."""
    try:
        diagnostics = json.loads(printed)["diagnostics"]
        return "\n".join(
            diagnostic["message"] for diagnostic in diagnostics if diagnostic["severity"] == "error"
        )
    except (ValueError, LookupError, TypeError):
        return ""
