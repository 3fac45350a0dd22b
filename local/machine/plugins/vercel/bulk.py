# ruff: noqa: ARG002  (a resource class takes what the engine sends, used or not)
"""``ProjectEnvironmentVariables``: several variables of one project, one resource.

Variables of the project that are not declared here are never touched or reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.machine.plugins.changes import Change, Kind, compare
from local.machine.plugins.service import Failure, Live, PartialFailure, PluginError
from local.machine.plugins.vercel import variable
from local.machine.plugins.vercel.api import Api, Refused
from local.machine.plugins.vercel.raw_state import raw_state, with_delta
from local.machine.plugins.wire import UNKNOWN, Properties, Secret, is_unknown, reveal

# If not declared, these keep Vercel's values.
OPTIONAL = ("comment", "visibility")
PARTS = ("value", "sensitive", "comment", "visibility")


class BulkVariables:
    """Reads and writes a set of environment variables."""

    def __init__(self, api: Callable[[], Api]) -> None:
        self._api = api

    def check(self, news: Properties) -> list[Failure]:
        """Refuse what the official provider refuses, for each variable."""
        if news.get("projectId") is None:
            return [Failure("projectId", "is required")]
        declared = news.get("variables")
        if declared == UNKNOWN:
            return []
        if not isinstance(declared, list):
            return [Failure("variables", "is required")]
        failures = []
        for index, entry in enumerate(declared):
            prefix = f"variables[{index}]."
            found = variable.check(entry, prefix=prefix, write_only=False)
            failures += found or variable.check_team_policy(
                self._api, news.get("teamId"), entry, prefix=prefix
            )
        return failures

    def diff(self, olds: Properties, news: Properties) -> list[Change]:
        """Compare as sets: the order does not matter, and a variable is identified by its place."""
        olds = raw_state(olds)
        changes = [
            *compare("projectId", olds.get("projectId"), news.get("projectId"), replace=True)
        ]
        if news.get("teamId") is not None:
            changes += compare("teamId", olds.get("teamId"), news["teamId"], replace=True)
        if is_unknown(_places_only(news.get("variables"))):
            return [*changes, Change("variables", Kind.UPDATE)]
        before = {place: index for index, place in enumerate(_places(olds))}
        for index, entry in enumerate(_variables(news)):
            held = before.pop(variable.place(entry), None)
            path = f"variables[{index}]"
            if held is None:
                changes.append(Change(path, Kind.ADD))
            else:
                changes += _compare_parts(path, _variables(olds)[held], entry)
        changes += [Change(f"variables[{index}]", Kind.DELETE) for index in before.values()]
        return changes

    def preview(self, olds: Properties | None, news: Properties) -> Properties:
        """Predict the state; ids of new variables are unknown."""
        olds = raw_state(olds or {})
        outputs = {name: olds.get(name, UNKNOWN) for name in ("id", "teamId")} | news
        declared = reveal(news.get("variables"))
        if not isinstance(declared, list):
            return outputs
        known = {variable.place(entry): entry["id"] for entry in _variables(olds)}
        outputs["variables"] = [
            entry | {"id": _known_id(known, entry), "value": Secret(entry.get("value"))}
            for entry in declared
        ]
        return outputs

    def create(self, name: str, news: Properties, urn: str) -> Live:
        """Create all variables in one request.

        Raises ``PartialFailure`` with the created ones if some were refused.
        """
        api, plain = self._api(), reveal(news)
        team_id, project_id = api.team_id(plain.get("teamId")), str(plain["projectId"])
        made, reasons = self._make(api, project_id, team_id, _variables(news))
        outputs = _outputs(project_id, team_id, made)
        if reasons and not made:
            raise PluginError(f"could not create the variables: {'; '.join(reasons)}")
        if reasons:
            raise PartialFailure(project_id, outputs, reasons)
        return Live(project_id, outputs)

    def read(self, resource_id: str, state: Properties, inputs: Properties) -> Live | None:
        """Read the recorded variables, and those that were created again in the same place."""
        api = self._api()
        if not state:
            raise PluginError("a set of variables cannot be imported; import each by itself")
        plain = reveal(raw_state(state))
        project_id, team_id = str(plain["projectId"]), api.team_id(plain.get("teamId"))
        try:
            live = list(api.variables(project_id, team_id))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise PluginError(f"could not read the variables: {refused}") from None
        values = {variable.place(entry): entry.get("value") for entry in plain["variables"]}
        ids = {entry["id"] for entry in plain["variables"]}
        found: dict[tuple[object, ...], Properties] = {}
        for answer in sorted(live, key=lambda one: one["id"] not in ids):
            entry = _entry(answer, values.get(_place_of(answer)))
            if answer["id"] in ids or _place_of(answer) in values:
                found.setdefault(_place_of(answer), entry)
        outputs = _outputs(project_id, team_id, list(found.values()))
        return Live(resource_id, outputs, inputs)

    def update(self, resource_id: str, olds: Properties, news: Properties, urn: str) -> Properties:
        """Remove, change and create variables until they match the declaration.

        If something fails half-way, the raised ``PartialFailure`` has what exists then.
        """
        api, plain = self._api(), reveal(news)
        olds = raw_state(olds)
        before = reveal(olds)
        team_id = api.team_id(plain.get("teamId") or before.get("teamId"))
        project_id = str(plain["projectId"])
        path = f"/v10/projects/{project_id}/env"
        present = {variable.place(entry): entry for entry in _variables(olds)}
        wanted = {variable.place(entry): entry for entry in _variables(news)}
        try:
            for place, entry in list(present.items()):
                new = wanted.get(place)
                if new is None or new["sensitive"] != entry["sensitive"]:
                    _remove(api, project_id, team_id, entry["id"])
                    del present[place]
                elif list(_compare_parts("", entry, new)):
                    body = variable.to_body(new)
                    answer = api.request(
                        "PATCH", f"{path}/{entry['id']}", team_id=team_id, body=body
                    )
                    present[place] = _entry(answer, new["value"], known=True)
        except PluginError as error:
            outputs = _outputs(project_id, team_id, present.values())
            raise PartialFailure(resource_id, outputs, [str(error)]) from None
        missing = [entry for place, entry in wanted.items() if place not in present]
        made, reasons = self._make(api, project_id, team_id, missing)
        outputs = _outputs(project_id, team_id, [*present.values(), *made])
        if reasons:
            raise PartialFailure(resource_id, outputs, reasons)
        return outputs

    def delete(self, resource_id: str, olds: Properties, urn: str) -> None:
        """Remove every recorded variable."""
        api, plain = self._api(), reveal(raw_state(olds))
        team_id = api.team_id(plain.get("teamId"))
        for entry in plain.get("variables") or []:
            _remove(api, str(plain["projectId"]), team_id, entry["id"])

    def _make(
        self,
        api: Api,
        project_id: str,
        team_id: str | None,
        entries: list[Properties],
    ) -> tuple[list[Properties], list[str]]:
        """Create variables; return the created ones, and why others were refused."""
        if not entries:
            return [], []
        bodies = [variable.to_body(entry) for entry in entries]
        try:
            answer = api.request(
                "POST",
                f"/v10/projects/{project_id}/env",
                team_id=team_id,
                body=bodies if len(bodies) > 1 else bodies[0],
            )
        except Refused as refused:
            refusals = [entry["error"] for entry in refused.failed] or [refused.error]
            return [], variable.describe_refusals(api, project_id, team_id, refusals)
        except PluginError as error:
            return [], [str(error)]
        created = answer["created"] if isinstance(answer["created"], list) else [answer["created"]]
        values = {variable.place(entry): entry["value"] for entry in entries}
        made = [_entry(one, values.get(_place_of(one)), known=True) for one in created]
        refusals = [entry["error"] for entry in answer.get("failed") or []]
        if not refusals:
            return made, []
        return made, variable.describe_refusals(api, project_id, team_id, refusals)


def _remove(api: Api, project_id: str, team_id: str | None, variable_id: str) -> None:
    try:
        api.request("DELETE", f"/v8/projects/{project_id}/env/{variable_id}", team_id=team_id)
    except Refused as refused:
        if refused.status != 404:
            raise PluginError(f"could not remove variable {variable_id}: {refused}") from None


def _variables(properties: Properties) -> list[Properties]:
    return [dict(entry) for entry in reveal(properties.get("variables")) or []]


def _places(properties: Properties) -> list[tuple[object, ...]]:
    return [variable.place(entry) for entry in _variables(properties)]


def _places_only(declared: Any) -> Any:
    plain = reveal(declared)
    if not isinstance(plain, list):
        return plain
    names = ("key", "targets", "customEnvironmentIds", "gitBranch")
    return [{name: entry.get(name) for name in names} for entry in plain]


def _place_of(answer: Mapping[str, Any]) -> tuple[object, ...]:
    return variable.place(variable.to_state(answer, value=None))


def _known_id(known: Mapping[tuple[object, ...], str], entry: Properties) -> str:
    return (
        UNKNOWN if is_unknown(_places_only([entry])) else known.get(variable.place(entry), UNKNOWN)
    )


def _compare_parts(path: str, old: Properties, new: Properties) -> Iterable[Change]:
    for name in PARTS:
        if name not in OPTIONAL or new.get(name) is not None:
            yield from compare(f"{path}.{name}", old.get(name), new.get(name))


def _entry(answer: Mapping[str, Any], value: str | None, *, known: bool = False) -> Properties:
    """Return the state of one variable; a readable value comes from the answer unless known."""
    readable = answer["type"] != "sensitive" and not known
    shown = answer["value"] if readable else value
    return variable.to_state(answer, value=shown) | {"id": answer["id"]}


def _outputs(project_id: str, team_id: str | None, entries: Iterable[Properties]) -> Properties:
    outputs: Properties = {
        "id": project_id,
        "projectId": project_id,
        "variables": [
            {name: Secret(part) if name == "value" else part for name, part in entry.items()}
            for entry in entries
        ],
    }
    return with_delta(outputs | ({"teamId": team_id} if team_id else {}), "variables")
