"""Vercel's refusals: status, code and message, each stated once.

Every error body has the form ``{"error": {"code", "message", ...}}`` (Vercel REST API, Errors). The
official clients test for the codes marked "seen"; the others are the closest documented codes.
"""

from __future__ import annotations

from collections.abc import Mapping

CONFLICT_LINK = "https://vercel.link/duplicated-environment-variables"


class VercelError(Exception):
    """One refused request."""

    def __init__(
        self, status: int, code: str, message: str, details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})

    def error(self) -> dict[str, object]:
        """Return the inner error object."""
        return {"code": self.code, "message": self.message, **self.details}

    def body(self) -> dict[str, object]:
        """Return the whole answer."""
        return {"error": self.error()}


def missing_token() -> VercelError:
    """No bearer token was sent."""
    return VercelError(
        403, "forbidden", "The request carries no authentication token.", {"missingToken": True}
    )


def invalid_token() -> VercelError:
    """The token is unknown; clients look for ``invalidToken`` (seen)."""
    return VercelError(403, "forbidden", "Not authorized.", {"invalidToken": True})


def wrong_scope(scope: str) -> VercelError:
    """The token's owner is not a member of the team."""
    return VercelError(
        403, "forbidden", f'Not authorized: no access to the scope "{scope}".', {"scope": scope}
    )


def not_found(thing: str) -> VercelError:
    """The object does not exist in this scope."""
    return VercelError(404, "not_found", f"{thing} not found.")


def bad_request(message: str) -> VercelError:
    """The body is malformed."""
    return VercelError(400, "bad_request", message)


def sensitive_in_development() -> VercelError:
    """Development values must be readable, so they cannot be sensitive."""
    return bad_request("A sensitive environment variable cannot target development.")


def team_wants_sensitive() -> VercelError:
    """The team's policy requires variables of the deployed environments to be sensitive."""
    return bad_request("The team's policy requires sensitive variables for this environment.")


def conflict(
    *,
    variable_id: str,
    key: str,
    target: list[str],
    git_branch: str | None,
    project: str,
) -> VercelError:
    """Another variable holds the name for one of the environments (seen: 400 ENV_CONFLICT)."""
    return VercelError(
        400,
        "ENV_CONFLICT",
        f"The name {key} is taken: another variable of the project has it for the same environment"
        f"{' and branch' if git_branch else ''}.",
        {
            "envVarId": variable_id,
            "envVarKey": key,
            "target": target,
            "gitBranch": git_branch,
            "project": project,
            "link": CONFLICT_LINK,
        },
    )
