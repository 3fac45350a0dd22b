"""Checks the variables at Vercel after an update, in ways that Vercel's plugin does not.

It reads back what an update wrote: the variable, its target, and its value if that can be read.
Vercel never returns the value of a sensitive variable, so neither a refresh nor a comparison shows
that somebody edited it. But Vercel returns when it was last updated (GET /v10/projects/{id}/env,
`updatedAt`). The state keeps the time of this stack's own write; if Vercel shows another time,
somebody else wrote the variable, and it is written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, Resource

from clerkstack.desired.rolling_out import is_secret, rest_as_was, rolls_out
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.providers.base import ClerkProvider, inputs_of
from clerkstack.reconcile.taken import Found, holder, is_alone, split_name
from clerkstack.shapes import Json, JsonObject, as_object

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable

AS_WRITTEN = "as written"
EDITED = "edited by hand"
GONE = "not there"  # its own resource creates it again, and the kept time is then outdated


@dataclass(frozen=True)
class _Variables:
    """The properties of the resource, read from its inputs or its state.

    Attributes:
        project_id, team_id: where the variables are.
        values: by target/KEY.
        state: whether each sensitive variable is as written.
        written: when each sensitive variable was updated, milliseconds since 1970.
        restored: the variables that were last written again.
    """

    project_id: str
    team_id: str | None
    values: JsonObject
    state: JsonObject
    written: JsonObject
    restored: str

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> _Variables:
        """Read properties.

        Raises:
            Malformed: a part does not have its shape; names the place.
        """
        team = props.get("team_id")
        return cls(
            str(props.get("project_id")),
            None if team is None else str(team),
            as_object(props.get("values"), "values"),
            as_object(props.get("state"), "state"),
            as_object(props.get("written"), "written"),
            str(props.get("restored") or ""),
        )


class WrittenVariablesProvider(ClerkProvider):
    """Records when each variable was written, and rewrites those that somebody else wrote since."""

    outputs = frozenset({"written", "restored"})
    rolled_out = True

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Take the inputs; a roll-out of rotated secrets keeps the other variables as they were."""
        if rolls_out() and _olds:
            was, declared = _Variables.of(inputs_of(_olds)), _Variables.of(inputs_of(news))
            values = rest_as_was(was.values, declared.values)
            news = {**news, "values": values, "state": rest_as_was(was.state, declared.state)}
        return super().check(_olds, news)

    def id_of(self, _inputs: JsonObject) -> str:
        """See `ClerkProvider`."""
        return "written-variables"

    def bring(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """Rewrite what a refresh found edited, and record when each variable was written."""
        declared, was = _Variables.of(inputs), _Variables.of(state)
        edited = [name for name in declared.state if was.state.get(name) == EDITED]
        if rolls_out():
            edited = [name for name in edited if is_secret(name)]
        values, restored = declared.values, was.restored
        live = self._there(declared)
        before = {name: variable.updated_at for name, variable in live.items()}
        if edited:
            vercel = self.session.vercel(declared.team_id)
            for name in edited:
                if name in live:
                    value = str(values[name])
                    vercel.write_variable(declared.project_id, live[name].id, value)
            live = self._there(declared)
        new = {name: value for name, value in values.items() if was.values.get(name) != value}
        _verify(new, live)
        # A rewritten variable has a new time.
        _refuse([n for n in edited if n in live and live[n].updated_at == before.get(n)])
        written = _written(declared, live)
        if edited:
            restored = ", ".join(f"{name}: {written.get(name)}" for name in edited)
        return {**inputs, "written": written, "restored": restored}

    def refreshed(self, props: JsonObject) -> JsonObject:
        """Which variables somebody edited since."""
        kept = _Variables.of(props)
        live_variables = self._there(kept)
        state: JsonObject = {}
        for name, known in kept.state.items():
            if name not in live_variables:
                state[name] = GONE
            else:
                edited = edited_since(kept.written.get(name), live_variables[name])
                state[name] = EDITED if edited else known
        return {**props, "state": state}

    def remove(self, props: JsonObject) -> None:
        """Refuse it while others share the stack's variables: they would be removed next. Without
        the project they are gone."""
        kept = _Variables.of(props)
        live = self.session.variables(kept.team_id, kept.project_id)
        holders = [(name, holder(live, name)) for name in kept.values]
        shared = [
            Found(name, variable)
            for name, variable in holders
            if variable is not None and not is_alone(variable, split_name(name)[0])
        ]
        if shared:
            listed = "\n".join(f"  {holders}" for holders in shared)
            raise ResourceFailed(
                "others also use these variables and would lose them. Nothing was removed "
                f"from the project.\n{listed}\nSplit them first; each keeps its value: "
                "bin/clerkstack take-over --stack <stack>"
            )

    def _there(self, declared: _Variables) -> dict[str, EnvironmentVariable]:
        """The live variables that are declared, by target/KEY."""
        live = self.session.variables(declared.team_id, declared.project_id, decrypt=True)
        return {
            f"{target}/{variable.key}": variable
            for variable in live
            for target in variable.target
            if f"{target}/{variable.key}" in declared.values and not variable.git_branch
        }


def edited_since(written: object, variable: EnvironmentVariable) -> bool:
    """Whether a variable was updated since it was `written` (milliseconds since 1970); false if
    either time is unknown."""
    updated = variable.updated_at
    return bool(written) and updated is not None and written != updated


def _written(declared: _Variables, there: Mapping[str, EnvironmentVariable]) -> JsonObject:
    """When each sensitive variable was updated."""
    return {name: there[name].updated_at for name in declared.state if name in there}


def _verify(values: JsonObject, live: Mapping[str, EnvironmentVariable]) -> None:
    """Check that Vercel shows what this update wrote."""
    _refuse([name for name, value in values.items() if not _shows(live.get(name), value)])


def _refuse(missing: Sequence[str]) -> None:
    if missing:
        raise ResourceFailed(
            f"Vercel accepted these variables but does not show them: {', '.join(missing)}. "
            "Check the project's settings, Environment Variables, then run the same command "
            "again."
        )


def _shows(variable: EnvironmentVariable | None, value: Json) -> bool:
    own = None if variable is None else variable.readable_value
    return variable is not None and (own is None or own.get_secret_value() == value)


class WrittenVariables(Resource, module="clerkstack", name="WrittenVariables"):
    """All variables of the stack; `restored` changes when a sensitive variable that somebody edited
    was written again."""

    restored: pulumi.Output[str]
    values: pulumi.Output[dict[str, str]]

    def __init__(
        self,
        resource_name: str,
        *,
        project_id: str,
        team_id: str | None,
        values: Mapping[str, pulumi.Input[str]],
        sensitive: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the variables as {target/KEY: value}, and which of them are sensitive."""
        secret = pulumi.ResourceOptions(additional_secret_outputs=["values"])
        super().__init__(
            WrittenVariablesProvider(),
            resource_name,
            {
                "project_id": project_id,
                "team_id": team_id,
                "values": pulumi.Output.secret(dict(values)),
                "state": dict.fromkeys(sensitive, AS_WRITTEN),
                **dict.fromkeys(WrittenVariablesProvider.outputs),
            },
            pulumi.ResourceOptions.merge(secret, opts),
        )
