"""Names that are listed apart from the settings' models are those of the models."""

from __future__ import annotations

from pydantic.alias_generators import to_camel

from clerkstack.desired.refusals import SWITCHES
from clerkstack.reconcile.billing import ENABLED_FOR
from clerkstack.settings.models import Components, OrganizationsSettings
from clerkstack.settings.names import PARTS, SENDERO_ROLES


def test_the_parts_are_those_that_a_stack_can_leave_out() -> None:
    assert tuple(Components.model_fields) == PARTS


def test_the_roles_are_those_of_a_stack_that_names_none() -> None:
    assert tuple(OrganizationsSettings().roles) == SENDERO_ROLES


def test_the_switches_of_billing_are_called_as_their_settings() -> None:
    assert {payer: to_camel(name) for payer, name in ENABLED_FOR.items()} == SWITCHES
