"""Converts an environment variable between its three forms: inputs, API body, state.

The rules are the official provider's: required properties, allowed values, and that a variable for
development must explicitly be not sensitive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.machine.plugins.service import Failure
from local.machine.plugins.vercel.api import Api, NotConfigured, Refused
from local.machine.plugins.wire import Properties, is_unknown, reveal

TARGETS = ("production", "preview", "development")
VISIBILITIES = ("config", "secret")
LONGEST_COMMENT = 1000
CONFLICTS = ("ENV_CONFLICT", "ENV_ALREADY_EXISTS")


def check(news: Properties, *, prefix: str = "", write_only: bool) -> list[Failure]:
    """List what is wrong with one variable; unknown parts pass."""
    plain = reveal(news)
    failures = [
        Failure(f"{prefix}{name}", "is required")
        for name in ("key", "sensitive")
        if plain.get(name) is None
    ]
    values = [name for name in ("value", "valueWo") if plain.get(name) is not None]
    if write_only and len(values) != 1:
        failures.append(Failure(f"{prefix}value", "exactly one of value and valueWo is needed"))
    if not write_only and plain.get("value") is None:
        failures.append(Failure(f"{prefix}value", "is required"))
    if plain.get("valueWoVersion") is not None and "valueWo" not in values:
        failures.append(Failure(f"{prefix}valueWoVersion", "needs valueWo"))
    targets = plain.get("targets")
    if not targets and not plain.get("customEnvironmentIds"):
        failures.append(
            Failure(
                f"{prefix}targets", "at least one of targets and customEnvironmentIds is needed"
            )
        )
    if isinstance(targets, list):
        failures += [
            Failure(f"{prefix}targets", f"{target!r} is not one of {', '.join(TARGETS)}")
            for target in targets
            if not is_unknown(target) and target not in TARGETS
        ]
    if len(plain.get("comment") or "") > LONGEST_COMMENT:
        failures.append(Failure(f"{prefix}comment", f"has more than {LONGEST_COMMENT} characters"))
    if plain.get("visibility") not in (None, *VISIBILITIES) and not is_unknown(plain["visibility"]):
        failures.append(Failure(f"{prefix}visibility", f"must be {' or '.join(VISIBILITIES)}"))
    if _in_development(plain) and plain.get("sensitive") is True:
        failures.append(
            Failure(
                f"{prefix}sensitive",
                "environment variables targeting `development` must explicitly set "
                "`sensitive = false`",
            )
        )
    return failures


def check_team_policy(
    find_api: Callable[[], Api], team_id: Any, news: Properties, *, prefix: str = ""
) -> list[Failure]:
    """Refuse a readable variable if the team's policy requires sensitive ones.

    Asks Vercel only if there is a team and the policy could matter, and not in a preview without a
    known token.
    """
    plain = reveal(news)
    deployed = plain.get("customEnvironmentIds") or [
        target for target in plain.get("targets") or [] if target != "development"
    ]
    if plain.get("sensitive") is not False or not deployed or is_unknown(team_id):
        return []
    try:
        team = find_api().team(reveal(team_id))
    except NotConfigured:
        return []
    if team is None or team.get("sensitiveEnvironmentVariablePolicy") != "on":
        return []
    reason = (
        "this team has a policy that forces environment variables for preview, production and "
        "custom environments to be sensitive; set sensitive to true"
    )
    return [Failure(f"{prefix}sensitive", reason)]


def to_body(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's form of revealed inputs, for a create."""
    body: dict[str, Any] = {
        "key": plain["key"],
        "value": plain.get("value") if plain.get("value") is not None else plain.get("valueWo"),
        "type": "sensitive" if plain.get("sensitive") else "encrypted",
        "comment": plain.get("comment") or "",
    }
    names = (
        ("target", "targets"),
        ("customEnvironmentIds", "customEnvironmentIds"),
        ("gitBranch", "gitBranch"),
        ("visibility", "visibility"),
    )
    return body | {theirs: plain[ours] for theirs, ours in names if plain.get(ours)}


def to_state(answer: Mapping[str, Any], *, value: str | None) -> Properties:
    """Return the state's form of an API answer, with the known value."""
    state: Properties = {
        "key": answer["key"],
        "sensitive": answer["type"] == "sensitive",
        "targets": _targets(answer),
        "customEnvironmentIds": list(answer.get("customEnvironmentIds") or []),
        "comment": answer.get("comment") or "",
        "value": value,
        "gitBranch": answer.get("gitBranch"),
        "visibility": answer.get("visibility"),
    }
    return {name: known for name, known in state.items() if known is not None}


def place(variable: Mapping[str, Any]) -> tuple[object, ...]:
    """Return a variable's place, which is unique in a project.

    Takes the inputs' or the state's form.
    """
    return (
        variable["key"],
        tuple(sorted(variable.get("targets") or [])),
        tuple(sorted(variable.get("customEnvironmentIds") or [])),
        variable.get("gitBranch"),
    )


def describe_refusals(
    api: Api, project_id: str, team_id: str | None, refusals: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Describe refusals; a conflict names the id with which the other variable can be imported."""
    known: list[Mapping[str, Any]] | None = None
    messages: dict[str, None] = {}
    for refusal in refusals:
        message = f"{refusal.get('code')} - {refusal.get('message')}"
        if refusal.get("code") in CONFLICTS:
            if known is None:
                known = _listed(api, project_id, team_id)
            found = refusal.get("envVarId") or _conflicting(known, refusal)
            if found:
                parts = [part for part in (team_id, project_id, str(found)) if part]
                message += f" The conflicting environment variable ID is {'/'.join(parts)}"
        messages[message] = None
    return list(messages)


def _listed(api: Api, project_id: str, team_id: str | None) -> list[Mapping[str, Any]]:
    try:
        return list(api.variables(project_id, team_id))
    except Refused:
        return []  # The refusal itself matters; the id is only a help.


def _conflicting(known: list[Mapping[str, Any]], refusal: Mapping[str, Any]) -> object:
    for variable in known:
        if (
            variable["key"] == refusal.get("envVarKey", refusal.get("key"))
            and variable.get("gitBranch") == refusal.get("gitBranch")
            and (not refusal.get("target") or set(_targets(variable)) & set(refusal["target"]))
        ):
            return variable["id"]
    return None


def _targets(answer: Mapping[str, Any]) -> list[str]:
    target = answer.get("target") or []
    return [target] if isinstance(target, str) else list(target)


def _in_development(plain: Mapping[str, Any]) -> bool:
    return "development" in (plain.get("targets") or [])
