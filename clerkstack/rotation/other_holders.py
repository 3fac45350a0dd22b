"""Finds other holders of a rotated secret: by a variable's name, by its value, and by the
publishable key beside it.

An instance has one secret key. A second project, a custom environment, a branch, a variable with
another name or another stack may have it too, and all of them fail when the old one expires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from clerkstack.clients.vercel import EnvironmentVariable, SharedVariable
from clerkstack.desired.secret_kinds import KINDS, WORDS, Kind, variables_of
from clerkstack.rotation.journal import Copy, Other, fingerprint
from clerkstack.rotation.stacks import Owned
from clerkstack.settings.variable_names import OLDER_SECRET_KEYS, names_of

TARGETS = frozenset({"production", "preview", "development"})
DEPLOYED = frozenset({"production", "preview"})
WRITABLE = frozenset({"plain", "encrypted"})
"""The types of variables whose value can be read, and written so that it can be read again."""
PUBLISHABLE_KEYS = frozenset(names_of("publishable_key"))
NAMES: Mapping[Kind, frozenset[str]] = {
    "clerk": frozenset({*variables_of("clerk"), *OLDER_SECRET_KEYS}),
    "webhook": frozenset(variables_of("webhook")),
}
"""The names by which a variable, whose value cannot be read, may hold a secret."""


@dataclass(frozen=True)
class Question:
    """What to search for: the old secrets of one instance, whose keys these `targets` get. None of
    them was minted before `not_before` (milliseconds since 1970), if known."""

    secrets: Mapping[Kind, SecretStr]
    publishable_key: str | None
    targets: frozenset[str]
    not_before: int | None = None

    def may_be_in(self, variable: EnvironmentVariable) -> bool:
        """Whether a variable was written late enough to hold one of the secrets."""
        if self.not_before is None or variable.updated_at is None:
            return True
        return variable.updated_at >= self.not_before

    def kinds_in(self, value: SecretStr) -> list[Kind]:
        """The secrets that a value is or contains."""
        text = value.get_secret_value()
        return [kind for kind in self.secrets if self.secrets[kind].get_secret_value() in text]

    def kinds_named(self, key: str) -> list[Kind]:
        """The secrets that an app reads from a variable of this name."""
        return [kind for kind in self.secrets if key in NAMES[kind]]


@dataclass(frozen=True)
class Looked:
    """A project as it was read.

    `values` are the readable values of its variables, by id. `own` says whether it is one of the
    stack's projects, and `built` which of its targets the roll-out rebuilds. `environments` are the
    slugs of its custom environments, by id.
    """

    id: str
    name: str
    team_id: str | None
    variables: Sequence[EnvironmentVariable]
    values: Mapping[str, SecretStr]
    own: bool = False
    built: frozenset[str] = frozenset()
    environments: Mapping[str, str] = field(default_factory=dict)


def found_in(project: Looked, question: Question, mine: Owned) -> Iterator[Copy | Other]:
    """The variables of a project that hold a secret, or may hold it, except the stack's own."""
    for variable in project.variables:
        if variable.type == "system" or mine.has(project.id, variable):
            continue
        name = name_of(project, variable)
        value = project.values.get(variable.id)
        if value is not None:
            if kinds := question.kinds_in(value):
                yield _holding(project, variable, name, kinds, question)
        elif (kinds := question.kinds_named(variable.key)) and _suspect(
            project, variable, question
        ):
            where = "" if project.own else f" of the project {project.name}"
            why = f"a variable{where} that cannot be read ({variable.type})"
            yield Other(kinds=kinds, name=name, finding="may hold", why=why)


def shared_in(
    shared: Sequence[SharedVariable],
    values: Mapping[str, SecretStr],
    question: Question,
    projects: Mapping[str, str],
) -> Iterator[Other]:
    """The shared variables of a team that hold a secret, or may hold it; `projects` are the names
    of its projects by id."""
    for variable in shared:
        value = values.get(variable.id)
        kinds = question.kinds_named(variable.key) if value is None else question.kinds_in(value)
        if not kinds or not question.may_be_in(variable):
            continue
        linked = ", ".join(projects.get(id_, id_) for id_ in variable.project_ids)
        where = f"shared by {linked}" if linked else "not shared with a project yet"
        why = f"a variable of the team, {where}"
        yield Other(
            kinds=kinds,
            name=f"shared:{','.join(variable.target) or 'all'}/{variable.key}",
            finding="may hold" if value is None else "holds",
            why=why if value is not None else f"{why}, that cannot be read ({variable.type})",
        )


def name_of(project: Looked, variable: EnvironmentVariable) -> str:
    """A variable's name in messages: `project/targets/KEY`, with a custom environment's slug among
    the targets, and `preview:branch` for a branch."""
    custom = [project.environments.get(id_, id_) for id_ in variable.custom_environment_ids]
    targets = ",".join([*variable.target, *custom]) or "none"
    branch = f":{variable.git_branch}" if variable.git_branch else ""
    return f"{project.name}/{targets}{branch}/{variable.key}"


def to_read(variable: EnvironmentVariable, question: Question) -> bool:
    """Whether a variable's value must be read by its id: the list did not show it, it can be read,
    and it may be one of the secrets."""
    readable = variable.type in WRITABLE and variable.readable_value is None
    return readable and question.may_be_in(variable)


def is_publishable_key(variable: EnvironmentVariable) -> bool:
    """Whether an SDK reads a publishable key from a variable of this name."""
    return variable.key in PUBLISHABLE_KEYS


def _holding(
    project: Looked,
    variable: EnvironmentVariable,
    name: str,
    kinds: list[Kind],
    question: Question,
) -> Copy | Other:
    """A found variable: a copy to write if the roll-out reaches it, else another holder."""
    value = project.values[variable.id]
    why = ""
    if not project.own:
        why = f"a variable of the project {project.name}"
    elif len(kinds) > 1 or question.secrets[kinds[0]] != value:
        why = "a variable with a longer value that contains the secret"
    elif variable.configuration_id is not None:
        why = "a variable that a Vercel integration manages"
    elif others := sorted(set(variable.target) - question.targets):
        why = f"a variable for {' and '.join(others)}, where this stack builds nothing"
    if why:
        return Other(kinds=kinds, name=name, finding="holds", why=why)
    builds = [
        *(target for target in variable.target if target in DEPLOYED - project.built),
        *(project.environments.get(target, target) for target in variable.custom_environment_ids),
    ]
    if variable.git_branch:
        builds = list(variable.target)
    built = [
        target for target in variable.target if target in project.built and target not in builds
    ]
    return Copy(
        kind=kinds[0],
        name=name,
        project_id=project.id,
        team_id=project.team_id,
        variable_id=variable.id,
        held=[fingerprint(value)],
        built=built,
        builds=builds,
        branch=variable.git_branch,
    )


def _suspect(project: Looked, variable: EnvironmentVariable, question: Question) -> bool:
    """Whether an unreadable variable may hold the instance's secret in any of its places. It can't
    if it was written before the secret was minted, or where the app has another instance's
    publishable key. Without a readable one, a target of the stack's projects that gets another
    instance's keys belongs to that instance."""
    if not question.may_be_in(variable):
        return False
    for place in (*variable.target, *variable.custom_environment_ids):
        keys = _publishable_keys(project, place, variable.git_branch)
        if keys and question.publishable_key is not None:
            if question.publishable_key in keys:
                return True
        elif not (project.own and place in TARGETS - question.targets):
            return True
    return False


def _publishable_keys(project: Looked, place: str, branch: str | None) -> set[str]:
    """The publishable keys in a build for a target or a custom environment: a branch's own take
    precedence."""
    keys = [
        variable
        for variable in project.variables
        if is_publishable_key(variable)
        and place in (*variable.target, *variable.custom_environment_ids)
        and variable.id in project.values
    ]
    of_branch = [key for key in keys if branch and key.git_branch == branch]
    chosen = of_branch or [key for key in keys if key.git_branch is None]
    return {project.values[key.id].get_secret_value() for key in chosen}


def in_words(others: Sequence[Other]) -> list[str]:
    """A line for each other holder."""
    return [
        f"{other.finding} the {' and '.join(WORDS[k] for k in KINDS if k in other.kinds)}: "
        f"{other.name}, {other.why}"
        for other in others
    ]
