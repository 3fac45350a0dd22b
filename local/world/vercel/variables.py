"""The rules of environment variables: valid values and conflicts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local.world.vercel import errors
from local.world.vercel.models import TARGETS, Project, Team, Variable, digest

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
TYPES = ("plain", "encrypted", "sensitive", "system", "secret")
VISIBILITIES = ("config", "secret")
LONGEST_COMMENT = 1000
FIELDS = (
    "key",
    "value",
    "type",
    "target",
    "gitBranch",
    "comment",
    "customEnvironmentIds",
    "visibility",
)


@dataclass(frozen=True)
class Draft:
    """The requested variable; ``value`` is None if a change keeps it."""

    key: str
    type: str
    value: str | None
    target: list[str]
    custom_environment_ids: list[str] = field(default_factory=list)
    git_branch: str | None = None
    comment: str = ""
    visibility: str | None = None

    @classmethod
    def of(cls, variable: Variable) -> Draft:
        """Create a draft from a variable."""
        return cls(
            key=variable.key,
            type=variable.type,
            value=None,
            target=variable.target,
            custom_environment_ids=variable.custom_environment_ids,
            git_branch=variable.git_branch,
            comment=variable.comment,
            visibility=variable.visibility,
        )


def read_new(body: Mapping[str, Any]) -> Draft:
    """Read one entry of a create request (Vercel REST API, createProjectEnv)."""
    for name in ("key", "value", "type"):
        if not isinstance(body.get(name), str):
            raise errors.bad_request(f"Invalid request: missing required property `{name}`.")
    return read_changed(Draft(key="", type="", value=None, target=[]), body)


def read_changed(draft: Draft, body: Mapping[str, Any]) -> Draft:
    """Apply the given properties of a request to a draft (editProjectEnv)."""
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise errors.bad_request(f"Invalid request: should NOT have `{unknown[0]}`.")
    changes: dict[str, Any] = {}
    for name, attribute in (("key", "key"), ("value", "value"), ("type", "type")):
        if name in body:
            changes[attribute] = _text(name, body[name])
    if "comment" in body:
        changes["comment"] = _text("comment", body["comment"])
    if "visibility" in body:
        changes["visibility"] = _text("visibility", body["visibility"])
    if "gitBranch" in body:
        branch = body["gitBranch"]
        changes["git_branch"] = None if branch is None else _text("gitBranch", branch)
    if "target" in body:
        targets = body["target"]
        changes["target"] = _texts("target", [targets] if isinstance(targets, str) else targets)
    if "customEnvironmentIds" in body:
        changes["custom_environment_ids"] = _texts(
            "customEnvironmentIds", body["customEnvironmentIds"]
        )
    return replace(draft, **changes)


def check(draft: Draft, team: Team | None) -> None:
    """Refuse a draft that breaks a rule by itself."""
    if not KEY.fullmatch(draft.key):
        raise errors.bad_request(
            "The name must start with a letter or underscore and hold letters, digits and "
            "underscores only."
        )
    if draft.type not in TYPES:
        raise errors.bad_request(f"`type` should be one of {', '.join(TYPES)}.")
    if draft.visibility not in (None, *VISIBILITIES):
        raise errors.bad_request(f"`visibility` should be one of {', '.join(VISIBILITIES)}.")
    if not draft.target and not draft.custom_environment_ids:
        raise errors.bad_request("At least one of `target` or `customEnvironmentIds` is needed.")
    strange = [target for target in draft.target if target not in TARGETS]
    if strange or len(set(draft.target)) != len(draft.target):
        raise errors.bad_request(f"`target` should be distinct values of {', '.join(TARGETS)}.")
    if draft.git_branch is not None and draft.target != ["preview"]:
        raise errors.bad_request("`gitBranch` needs `preview` as the only target.")
    if len(draft.comment) > LONGEST_COMMENT:
        raise errors.bad_request(f"`comment` is longer than {LONGEST_COMMENT} characters.")
    if draft.type == "sensitive" and "development" in draft.target:
        raise errors.sensitive_in_development()
    deployed = draft.custom_environment_ids or set(draft.target) - {"development"}
    if team and team.sensitive_policy == "on" and deployed and draft.type != "sensitive":
        raise errors.team_wants_sensitive()


def clash(project: Project, draft: Draft, *, besides: str | None = None) -> Variable | None:
    """Find the variable that has the draft's name in one of its environments."""
    for variable in project.variables.values():
        if (
            variable.id != besides
            and variable.key == draft.key
            and variable.git_branch == draft.git_branch
            and (
                set(variable.target) & set(draft.target)
                or set(variable.custom_environment_ids) & set(draft.custom_environment_ids)
            )
        ):
            return variable
    return None


def same_place(variable: Variable, draft: Draft) -> bool:
    """Return whether an upsert of the draft means exactly this variable.

    Vercel updates only if all environments are the same; an overlap is a conflict.
    """
    return set(variable.target) == set(draft.target) and set(
        variable.custom_environment_ids
    ) == set(draft.custom_environment_ids)


def write(variable: Variable, draft: Draft, now: int) -> None:
    """Make the variable what the draft says; time in milliseconds."""
    if variable.type == "sensitive" and draft.type != "sensitive" and draft.value is None:
        raise errors.bad_request("A sensitive variable cannot become readable without a value.")
    if draft.value is not None:
        variable.value_digest = digest(draft.value)
        variable.value = draft.value
    if draft.type == "sensitive":
        variable.value = None
    variable.key = draft.key
    variable.type = draft.type
    variable.target = list(draft.target)
    variable.custom_environment_ids = list(draft.custom_environment_ids)
    variable.git_branch = draft.git_branch
    variable.comment = draft.comment
    variable.visibility = draft.visibility
    variable.updated_at = now


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise errors.bad_request(f"Invalid request: `{name}` should be string.")
    return value


def _texts(name: str, value: object) -> list[str]:
    if value is None:  # The official provider sends null for an empty set.
        return []
    if not isinstance(value, list):
        raise errors.bad_request(f"Invalid request: `{name}` should be array.")
    return [_text(name, part) for part in value]
