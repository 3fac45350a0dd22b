"""The reference is generated from the code's own texts."""

from __future__ import annotations

import pytest

from clerkstack.settings.models import SettingsModel
from local.reference import commands, settings
from local.reference.words import Described, Undescribed, description, linked


class Base(SettingsModel):
    limit: int = 3
    """How many, at most 1.5 of them. See docs/app.md. Default: as many as there are, v1.2 too."""


class Model(Base):
    name: str
    """Shown to people:
    everywhere."""
    bare: bool = False

    @property
    def shown(self) -> str:
        """Not a field."""
        return self.name


def test_a_description_is_the_docstring_below_the_field() -> None:
    assert description(Model, "name") == Described("Shown to people: everywhere.", None)
    assert description(Model, "limit") == Described(
        "How many, at most 1.5 of them. See docs/app.md.", "as many as there are, v1.2 too"
    )


@pytest.mark.parametrize("name", ["bare", "shown", "absent"])
def test_a_field_without_a_description_is_named(name: str) -> None:
    with pytest.raises(Undescribed, match=rf"test_reference\.Model\.{name}: write a docstring"):
        description(Model, name)


def test_pages_are_linked_from_beside_them() -> None:
    text = "See docs/team.md#moving-a-stack, docs/app.md."

    assert linked(text) == "See [team](team.md#moving-a-stack), [app](app.md)."


def test_what_a_setting_can_be_and_is_by_default() -> None:
    made = settings.sections()["settings"]

    for row in (
        "| **`instance`** | `development` or `production` |  | Which instance",
        "| `billing.userEnabled` | `true` or `false` | `false` |",
        "| `organizations.roles` | by key | `org:admin`, `org:member`, `org:finance` |",
        "| **`organizations.permissions.<key>.name`** | text |  |",
        "| `environment.projects.<key>.appUrl` | text | the stack's `appUrl` |",
        "| `signIn.oauth.<key>.clientSecret` | text, secret | none |",
    ):
        assert row in made
    assert "environment.projects.<key>.names" not in made


def test_every_command_is_there_with_its_options() -> None:
    made = commands.sections()["commands"]

    assert "\n## cutover sign\n" in made
    assert "| `--secret <clerk\\|webhook\\|all>` |" in made
    assert "`--help`" not in made
