"""Who owns a project's variables, and what is done about those of others."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.adopt.splitting import Plan, plan
from clerkstack.clients.vercel import EnvironmentVariable
from clerkstack.desired.variables import Variable
from clerkstack.reconcile.taken import obstacles, refusals
from clerkstack.settings.names import VARIABLE_COMMENT

NAME = "preview/CLERK_SECRET_KEY"
OWN = "sk_test_own"


def live(variable_id: str = "v1", *targets: str, **more: Any) -> EnvironmentVariable:
    return EnvironmentVariable.model_validate(
        {
            "id": variable_id,
            "key": "CLERK_SECRET_KEY",
            "type": "encrypted",
            "target": list(targets or ("preview",)),
            "value": "sk_test_other",
            "decrypted": more.get("type") != "sensitive",
            **more,
        }
    )


def declared(target: str = "preview", value: str | None = OWN) -> Variable[str | None]:
    sensitive = target != "development"
    return Variable(target, "CLERK_SECRET_KEY", value, secret=True, sensitive=sensitive)


SHARED = [
    live("v1", "preview", "production"),
    live("v1", "preview", customEnvironmentIds=["env_1"]),
    live("v1", "preview", gitBranch="next"),
    live("v1", "production"),
]


@pytest.mark.parametrize("there", SHARED, ids=str)
def test_what_the_state_has_and_others_share_is_not_written(there: EnvironmentVariable) -> None:
    found = obstacles({NAME: "v1"}, [there])

    assert [each.name for each in found.shared] == [NAME]
    [reason] = refusals(found, "prj_1", "dev", [])
    assert "bin/clerkstack take-over --stack dev" in reason
    assert "sk_test" not in reason


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (live(), "encrypted"),
        (live(type="sensitive", value=""), "sensitive"),
        (live(type="system"), "system"),
        (live("v1", "preview", "development"), "also for development"),
        (live("v1", customEnvironmentIds=["env_1"]), "also for the environment env_1"),
        (live(configurationId="icfg_1"), "of the integration icfg_1"),
        # Shared by two stacks' targets: an earlier run of this project made no such one.
        (live("v1", "preview", "production", comment=VARIABLE_COMMENT), "also for production"),
    ],
    ids=str,
)
def test_what_somebody_else_made_is_in_the_way_of_one_that_is_new(
    there: EnvironmentVariable, told: str
) -> None:
    found = obstacles({NAME: ""}, [there])

    assert [each.name for each in found.taken] == [NAME]
    [reason] = refusals(found, "prj_1", "dev", ["preview/OTHER"])
    assert told in reason
    assert f"pulumi config set --stack dev --path 'clerkstack:environment.overwrite[1]' {NAME}" in (
        reason
    )
    [allowed] = refusals(found, "prj_1", "dev", [NAME])
    assert "config set" not in allowed
    assert "bin/clerkstack take-over --stack dev" in allowed


@pytest.mark.parametrize(
    "there",
    [live("v1", gitBranch="next"), live("v1", "production"), live("v1", key="OTHER")],
    ids=str,
)
def test_others_are_not_in_the_way(there: EnvironmentVariable) -> None:
    assert obstacles({NAME: ""}, [there]) == obstacles({}, [])


def test_what_a_run_made_and_lost_is_recovered() -> None:
    found = obstacles({NAME: ""}, [live(comment=VARIABLE_COMMENT)])

    [reason] = refusals(found, "prj_1", "dev", [])
    assert "bin/clerkstack recover --stack dev" in reason


def test_the_stacks_own_is_not_in_the_way_of_its_removal() -> None:
    assert obstacles({NAME: "v1"}, [live()]) == obstacles({}, [])


def test_after_a_move_the_states_variables_must_exist() -> None:
    found = obstacles({NAME: "v1"}, [live("v2")], moved=True)

    [reason] = refusals(found, "prj_1", "dev", [])
    assert NAME in reason


def planned(
    *there: EnvironmentVariable,
    state: dict[str, str] | None = None,
    overwrite: tuple[str, ...] = (),
    of: tuple[str, ...] = ("preview", "development"),
    value: str | None = OWN,
) -> Plan:
    return plan([declared(each, value) for each in of], there, state or {}, overwrite)


@pytest.mark.parametrize(
    "there",
    [
        live(),
        live(type="sensitive", value=""),
        live("v1", "preview", "production"),
        live(configurationId="icfg_1"),
        live("v1", "preview", "development", configurationId="icfg_1", value=OWN),
        live(type="system", value=OWN),
        live(comment=VARIABLE_COMMENT, value=OWN),  # another stack's
        live(customEnvironmentIds=["env_1"]),
    ],
    ids=str,
)
def test_nothing_of_others_is_taken_over_that_is_not_named(there: EnvironmentVariable) -> None:
    found = planned(there, of=("preview",))

    assert (list(found.splits), dict(found.ids), list(found.drop)) == ([], {}, [])
    assert [each.name for each in found.refused] == [NAME]


@pytest.mark.parametrize(
    ("there", "overwrite"),
    [
        (live(value=OWN), ()),
        (live(comment=VARIABLE_COMMENT, type="sensitive", value=""), (NAME,)),
        (live(), (NAME,)),
        (live(configurationId="icfg_1"), (NAME,)),
        (live(type="sensitive", value=""), (NAME,)),
    ],
    ids=str,
)
def test_what_has_the_stacks_value_or_is_named_is_taken_over(
    there: EnvironmentVariable, overwrite: tuple[str, ...]
) -> None:
    found = planned(there, overwrite=overwrite)

    assert dict(found.ids) == {NAME: "v1"}
    assert [*found.splits, *found.drop, *found.refused, *found.unsplit] == []


@pytest.mark.parametrize("there", [live(value=OWN), live("v1", "preview", "production")], ids=str)
def test_what_another_stack_has_is_not_taken_over_though_it_is_named(
    there: EnvironmentVariable,
) -> None:
    found = plan([declared()], [there], {}, (NAME,), {"v1"})

    assert (list(found.splits), dict(found.ids), list(found.refused)) == ([], {}, [])
    assert [each.name for each in found.theirs] == [NAME]
    # If the state has it too, it is this stack's.
    assert list(plan([declared()], [there], {NAME: "v1"}, (), {"v1"}).theirs) == []


def test_a_readable_shared_one_stays_productions() -> None:
    there = live("v1", "development", "preview", "production", customEnvironmentIds=["env_1"])
    production = "production/CLERK_SECRET_KEY"
    for of, name in ((("preview", "development"), NAME), (("production",), production)):
        [split] = planned(there, overwrite=(name,), of=of).splits
        assert {resource.place for resource in split.own} == {"preview", "development", "env_1"}
        assert all(resource.value is None for resource in split.own), "each keeps the value"
        assert split.stays == (name if of == ("production",) else "")
        kinds = {resource.place: resource.kind for resource in split.own}
        assert kinds["env_1"] == "encrypted"
        assert kinds["preview"] == ("sensitive" if name == NAME else "encrypted")


def test_of_one_that_cannot_be_read_others_go_on_sharing_it() -> None:
    there = live("v1", "preview", "production", type="sensitive", customEnvironmentIds=["env_1"])
    [split] = planned(there, overwrite=(NAME,)).splits
    assert [(resource.place, resource.value) for resource in split.own] == [("preview", OWN)]

    without = planned(there, overwrite=(NAME,), value=None)
    assert [found.name for found in without.unsplit] == [NAME]
    assert list(without.splits) == []


def test_one_that_is_the_stacks_alone_is_split_among_its_targets() -> None:
    there = live("v1", "preview", "development")
    names = (NAME, NAME.replace("preview", "development"))
    [split] = planned(there, overwrite=names).splits
    assert split.stays == NAME
    assert [(resource.place, resource.name) for resource in split.own] == [
        ("development", names[1])
    ]


@pytest.mark.parametrize("there", [live(gitBranch="next"), live("v1", "production")], ids=str)
def test_a_state_that_has_anothers_variable_lets_it_go(there: EnvironmentVariable) -> None:
    found = planned(there, state={NAME: "v1"})

    assert list(found.drop) == [NAME]
    assert (list(found.splits), dict(found.ids)) == ([], {})


def test_a_variable_that_moved_under_another_id_is_found_again() -> None:
    found = planned(live("v2", comment=VARIABLE_COMMENT), state={NAME: "v1"})

    assert (dict(found.ids), list(found.drop)) == ({NAME: "v2"}, [])


def test_no_value_is_shown() -> None:
    found = planned(live("v1", "preview", "production", type="sensitive"), overwrite=(NAME,))

    assert OWN not in repr(found)
    assert "sk_test" not in repr(found)
