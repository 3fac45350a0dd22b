# ruff: noqa: ARG002  (a resource class takes what the engine sends, used or not)
"""``ProjectEnvironmentVariable``: one variable, one resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.machine.plugins.changes import Change, Kind, compare, compare_sets
from local.machine.plugins.service import Failure, Live, PluginError
from local.machine.plugins.vercel import variable
from local.machine.plugins.vercel.api import Api, Refused
from local.machine.plugins.vercel.raw_state import id_of, raw_state, with_delta
from local.machine.plugins.wire import UNKNOWN, Properties, Secret, is_unknown, protect, reveal

SECRETS = ("value", "valueWo")
# If not declared, these keep Vercel's values, which Vercel fills in itself.
FILLED_IN = ("comment", "customEnvironmentIds", "targets", "teamId")
REPLACING = ("customEnvironmentIds", "key", "projectId", "sensitive", "teamId")
COMPARED = (
    "comment",
    "customEnvironmentIds",
    "gitBranch",
    "key",
    "projectId",
    "sensitive",
    "targets",
    "teamId",
    "value",
    "valueWoVersion",
    "visibility",
)


class SingleVariable:
    """Reads and writes one environment variable of a project."""

    def __init__(self, api: Callable[[], Api]) -> None:
        self._api = api

    def check(self, news: Properties) -> list[Failure]:
        """Refuse what the official provider refuses."""
        failures = variable.check(news, write_only=True)
        if news.get("projectId") is None:
            failures.append(Failure("projectId", "is required"))
        return failures or variable.check_team_policy(self._api, news.get("teamId"), news)

    def diff(self, olds: Properties, news: Properties) -> list[Change]:
        """Compare the declared properties with the state.

        With any change, the official provider also names an undeclared team, because it fills that
        in.
        """
        olds = raw_state(olds)
        changes: list[Change] = []
        for name in COMPARED:
            old, new = olds.get(name), news.get(name)
            if new is None and (name in FILLED_IN or (name == "visibility" and old is not None)):
                continue
            sets = name in ("targets", "customEnvironmentIds")
            comparison = compare_sets if sets else compare
            changes += comparison(name, old, new, replace=name in REPLACING)
        if changes and news.get("teamId") is None:
            changes.append(Change("teamId", Kind.UPDATE))
        return changes

    def preview(self, olds: Properties | None, news: Properties) -> Properties:
        """Predict the state; values that Vercel fills in are unknown."""
        before = raw_state(olds) if olds else dict.fromkeys((*FILLED_IN, "id"), UNKNOWN)
        filled_in = {name: before[name] for name in (*FILLED_IN, "id") if name in before}
        outputs = filled_in | {"teamId": UNKNOWN} | news
        outputs.pop("valueWo", None)
        return protect(outputs, news, always=SECRETS)

    def create(self, name: str, news: Properties, urn: str) -> Live:
        """Create the variable; a conflict names the id of the other variable."""
        api, plain = self._api(), reveal(news)
        team_id = api.team_id(plain.get("teamId"))
        project_id = plain["projectId"]
        try:
            answer = api.request(
                "POST",
                f"/v10/projects/{project_id}/env",
                team_id=team_id,
                body=variable.to_body(plain),
            )
        except Refused as refused:
            raise _refusal("create", api, project_id, team_id, refused) from None
        created = answer["created"]
        return Live(str(created["id"]), _outputs(created, news, project_id, team_id))

    def read(self, resource_id: str, state: Properties, inputs: Properties) -> Live | None:
        """Read the variable; without a state the id is an import's ``[team/]project/id``."""
        api = self._api()
        state = raw_state(state)
        if state:
            plain = reveal(state)
            project_id, variable_id = plain["projectId"], id_of(state)
            team_id = api.team_id(plain.get("teamId"))
        else:
            asked, project_id, variable_id = split_import_id(resource_id)
            team_id = api.team_id(asked)
        try:
            answer = api.request(
                "GET", f"/v10/projects/{project_id}/env/{variable_id}", team_id=team_id
            )
        except Refused as refused:
            if refused.status == 404:
                return None
            raise PluginError(f"could not read the environment variable: {refused}") from None
        outputs = _outputs(answer, state, project_id, team_id)
        if answer["type"] != "sensitive" and (not state or state.get("value") is not None):
            outputs = with_delta(outputs | {"value": Secret(answer["value"])}, "value")
        names = [name for name in inputs if name in outputs] or [
            name for name in COMPARED if _declared_on_import(outputs.get(name))
        ]
        kept = {name: value for name, value in inputs.items() if name not in outputs}
        return Live(str(answer["id"]), outputs, kept | {name: outputs[name] for name in names})

    def update(self, resource_id: str, olds: Properties, news: Properties, urn: str) -> Properties:
        """Change the variable in place."""
        olds = raw_state(olds)
        api, plain, before = self._api(), reveal(news), reveal(olds)
        team_id = api.team_id(plain.get("teamId") or before.get("teamId"))
        project_id = plain["projectId"]
        body = variable.to_body({**{k: before.get(k) for k in ("targets", "comment")}, **plain})
        del body["key"]
        if plain.get("value") is None and not _resends(before, plain):
            del body["value"]
        if before.get("gitBranch") and not plain.get("gitBranch"):
            body["gitBranch"] = None
        try:
            answer = api.request(
                "PATCH",
                f"/v10/projects/{project_id}/env/{id_of(olds)}",
                team_id=team_id,
                body=body,
            )
        except Refused as refused:
            raise _refusal("update", api, project_id, team_id, refused) from None
        return _outputs(answer, news, project_id, team_id)

    def delete(self, resource_id: str, olds: Properties, urn: str) -> None:
        """Remove the variable."""
        api, plain = self._api(), reveal(olds)
        try:
            api.request(
                "DELETE",
                f"/v8/projects/{plain['projectId']}/env/{id_of(plain)}",
                team_id=api.team_id(plain.get("teamId")),
            )
        except Refused as refused:
            if refused.status != 404:
                raise PluginError(f"could not delete the environment variable: {refused}") from None


def split_import_id(text: str) -> tuple[str | None, str, str]:
    """Split ``project/id`` or ``team/project/id``."""
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise PluginError(
            f"invalid id {text!r}: give it as team_id/project_id/env_id or project_id/env_id"
        )
    return (parts[0] if len(parts) == 3 else None), parts[-2], parts[-1]


def _outputs(
    answer: Mapping[str, Any], known: Properties, project_id: str, team_id: str | None
) -> Properties:
    value = reveal(known.get("value"))
    state = variable.to_state(answer, value=None if is_unknown(value) else value)
    state |= {
        "id": str(answer["id"]),
        "projectId": project_id,
        "valueWoVersion": known.get("valueWoVersion"),
    }
    if team_id:
        state["teamId"] = team_id
    present = {name: part for name, part in state.items() if part is not None}
    return with_delta(protect(present, known, always=SECRETS), "value")


def _resends(before: Mapping[str, Any], plain: Mapping[str, Any]) -> bool:
    """Return whether a write-only value must be sent: its version moved, or it is new."""
    return (
        before.get("valueWoVersion") != plain.get("valueWoVersion")
        or before.get("value") is not None
    )


def _declared_on_import(value: Any) -> bool:
    return value not in (None, "", [])


def _refusal(
    verb: str, api: Api, project_id: str, team_id: str | None, refused: Refused
) -> PluginError:
    if refused.status == 404:
        return PluginError(
            f"could not {verb} the environment variable: there is no project {project_id} (or "
            "variable) in this scope; make sure that projectId and teamId match"
        )
    errors = [entry.get("error", {}) for entry in refused.failed] or [refused.error]
    reasons = variable.describe_refusals(api, project_id, team_id, errors)
    return PluginError(f"could not {verb} the environment variable: {'; '.join(reasons)}")
