"""The variables as Vercel has them after an update: what its plugin does not look at.

What an update wrote is read back: present, for its target, with its value where that can be read.
Vercel never gives a sensitive variable's value back, so neither a refresh of the variable nor a
comparison shows that somebody edited it. What Vercel does give is when it was last updated
(GET /v10/projects/{id}/env, `updatedAt`): the state keeps that of each as this stack wrote it, and
one that Vercel shows otherwise was written by somebody else. It is then written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import NotFound
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.providers.base import ClerkProvider, inputs_of
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.shapes import as_object
from clerkstack.reconcile.taken import Found, holder, is_alone, split_name
from clerkstack.rotation.rolling_out import is_secret, rest_as_was, rolls_out

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable

AS_WRITTEN = "as written"
EDITED = "edited by hand"
GONE = "not there"  # its own resource makes it again; what is kept of it is then old


@dataclass(frozen=True)
class _Variables:
    """The properties of the resource, read from its inputs or its state.

    Attributes:
        project_id, team_id: where the variables are.
        values: by target/KEY.
        state: of each sensitive one, whether it is as written.
        written: when each sensitive one was updated, milliseconds since 1970.
        restored: what was written again last.
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
    """Keeps when each variable was written; writes again what somebody else wrote since."""

    outputs = frozenset({"written", "restored"})
    rolled_out = True

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Where rotated secrets alone are rolled out, the other variables are as they were."""
        if rolls_out() and _olds:
            was, declared = _Variables.of(inputs_of(_olds)), _Variables.of(inputs_of(news))
            values = rest_as_was(was.values, declared.values)
            news = {**news, "values": values, "state": rest_as_was(was.state, declared.state)}
        return super().check(_olds, news)

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Keep when the variables were written: the update that is going on has written them."""
        inputs = inputs_of(props)
        declared = _Variables.of(inputs)
        there = self._there(declared)
        _verify(declared.values, there)
        outputs = {"written": _written(declared, there), "restored": ""}
        return CreateResult("written-variables", {**inputs, **outputs})

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Write again what a refresh found edited, and keep when each was written."""
        inputs = inputs_of(_news)
        declared, was = _Variables.of(inputs), _Variables.of(inputs_of(_olds))
        edited = [name for name in declared.state if was.state.get(name) == EDITED]
        if rolls_out():
            edited = [name for name in edited if is_secret(name)]
        values, restored = declared.values, was.restored
        there = self._there(declared)
        before = {name: variable.updated_at for name, variable in there.items()}
        if edited:
            with self.session.vercel(declared.team_id) as vercel:
                for name in edited:
                    if name in there:
                        value = str(values[name])
                        vercel.write_variable(declared.project_id, there[name].id, value)
            there = self._there(declared)
        new = {name: value for name, value in values.items() if was.values.get(name) != value}
        _verify(new, there)
        # One that was written again has another time than before.
        _refuse([n for n in edited if n in there and there[n].updated_at == before.get(n)])
        written = _written(declared, there)
        if edited:
            restored = ", ".join(f"{name}: {written.get(name)}" for name in edited)
        return UpdateResult({**inputs, "written": written, "restored": restored})

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """Which of them somebody edited since, for `pulumi refresh`."""
        props = inputs_of(_props)
        kept = _Variables.of(props)
        there = self._there(kept)
        state: JsonObject = {}
        for name, known in kept.state.items():
            if name not in there:
                state[name] = GONE
            else:
                edited = edited_since(kept.written.get(name), there[name])
                state[name] = EDITED if edited else known
        inputs = {key: value for key, value in props.items() if key not in self.outputs}
        return ReadResult(_id, {**props, "state": state}, {**inputs, "state": state})

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Refuse it while others have the stack's variables too: what is removed next are they."""
        kept = _Variables.of(inputs_of(_props))
        try:
            live = self.session.variables(kept.team_id, kept.project_id)
        except NotFound:
            return  # with the project they are gone
        found = [(name, holder(live, name)) for name in kept.values]
        shared = [
            Found(name, each)
            for name, each in found
            if each is not None and not is_alone(each, split_name(name)[0])
        ]
        if shared:
            listed = "\n".join(f"  {found}" for found in shared)
            raise ResourceFailed(
                "others also use these variables and would lose them. Nothing was removed "
                f"from the project.\n{listed}\nSplit them first; each keeps its value: "
                "bin/clerkstack take-over --stack <stack>"
            )

    def _there(self, declared: _Variables) -> dict[str, EnvironmentVariable]:
        """The live variables among those that are declared, as target/KEY."""
        live = self.session.variables(declared.team_id, declared.project_id, decrypt=True)
        return {
            f"{target}/{variable.key}": variable
            for variable in live
            for target in variable.target
            if f"{target}/{variable.key}" in declared.values and not variable.git_branch
        }


def edited_since(written: object, variable: EnvironmentVariable) -> bool:
    """Whether a variable was updated since it was `written` (milliseconds since 1970); no where
    one of the two is not known."""
    updated = variable.updated_at
    return bool(written) and updated is not None and written != updated


def _written(declared: _Variables, there: Mapping[str, EnvironmentVariable]) -> JsonObject:
    """When each sensitive one was updated."""
    return {name: there[name].updated_at for name in declared.state if name in there}


def _verify(values: JsonObject, there: Mapping[str, EnvironmentVariable]) -> None:
    """Whether Vercel shows what this update wrote."""
    _refuse([name for name, value in values.items() if not _shows(there.get(name), value)])


def _refuse(lost: Sequence[str]) -> None:
    if lost:
        raise ResourceFailed(
            f"Vercel accepted these variables but does not show them: {', '.join(lost)}. "
            "Check the project's settings, Environment Variables, then run the same command "
            "again."
        )


def _shows(variable: EnvironmentVariable | None, value: Json) -> bool:
    own = None if variable is None else variable.readable_value
    return variable is not None and (own is None or own.get_secret_value() == value)


class WrittenVariables(Resource, module="clerkstack", name="WrittenVariables"):
    """All variables of the stack; `restored` changes when a sensitive one that somebody edited was
    written again."""

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
        """Declare them as {target/KEY: value}, and which of them are sensitive."""
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
