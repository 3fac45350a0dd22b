"""Keys: each has the right form and belongs to the right instance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clerkstack.checks.finding import Finding
from clerkstack.settings.keys import (
    STRAY,
    instance_of_key,
    stray,
    wrong_publishable_key,
    wrong_secret_key,
)
from clerkstack.settings.variable_names import names_of
from policies.policy import Policy, Values, violation
from policies.view import DEVELOPMENT, INSTANCE, PRODUCTION, Resource, Variable

# Anywhere in a value: a header or a JSON text carries a key just as well.
SECRET_VALUE = re.compile(r"(?<![A-Za-z0-9])(?:sk_(?:test|live)_|ak_|whsec_)[A-Za-z0-9+/]")
TEST_VALUE = re.compile(r"(?<![A-Za-z0-9])[ps]k_test_")
LIVE_VALUE = re.compile(r"(?<![A-Za-z0-9])[ps]k_live_")


def _wrong_signing_secret(value: str, _instance: str) -> str | None:
    if stray(value):
        return STRAY
    if value.startswith("whsec_") and len(value) > len("whsec_"):
        return None
    return "a webhook signing secret starts with whsec_"


Wrong = Callable[[str, str], str | None]
OF_VARIABLE: dict[str, Wrong] = {
    **dict.fromkeys(names_of("secret_key"), wrong_secret_key),
    **dict.fromkeys(names_of("publishable_key"), wrong_publishable_key),
    **dict.fromkeys(names_of("signing_secret"), _wrong_signing_secret),
}
OF_INPUT: dict[str, Wrong] = {
    "declared_publishable_key": wrong_publishable_key,
    "declared_secret_key": wrong_secret_key,
}


def _forms(resource: Resource, _values: Values) -> Iterator[Finding]:
    for name, value, wrong, instance in _keys(resource):
        # A key of the other instance has the right form; `live-keys` and `production-values`
        # judge it.
        why = wrong(value, instance_of_key(value) or instance)
        if why:
            yield violation(f"{name}: {why}")


def _keys(resource: Resource) -> Iterator[tuple[str, str, Wrong, str]]:
    for variable in resource.variables():
        if variable.key in OF_VARIABLE and isinstance(variable.value, str):
            instance = PRODUCTION if variable.in_production else DEVELOPMENT
            yield variable.key, variable.value, OF_VARIABLE[variable.key], instance
    if resource.type == INSTANCE:
        for name, wrong in OF_INPUT.items():
            value = resource.inputs.get(name)
            if isinstance(value, str):
                yield name, value, wrong, resource.environment or DEVELOPMENT


def _live(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type == INSTANCE:
        for name in OF_INPUT:
            if TEST_VALUE.search(str(resource.inputs.get(name) or "")):
                yield violation(f"{name} of the production instance is a development key")
    for variable in resource.variables():
        if variable.in_production and _holds(TEST_VALUE, variable):
            yield violation(f"{variable.key} would put a development key into production")


def _holds(form: re.Pattern[str], variable: Variable) -> bool:
    return form.search(variable.known) is not None


def holds_secret(variable: Variable) -> bool:
    """Whether its value has the form of a secret of Clerk or Svix."""
    return _holds(SECRET_VALUE, variable)


def holds_live_key(variable: Variable) -> bool:
    """Whether its value holds a key of a production instance."""
    return _holds(LIVE_VALUE, variable)


POLICIES = (
    Policy(
        "key-forms",
        "Every key is of the right kind.",
        "With a key of another kind, every request of the app fails; a platform key (ak_…) "
        "in the app gives whoever reads it access to every application of the workspace.",
        "Use sk_… for the secret key's variable, a complete pk_… for the publishable key's, "
        "whsec_… for the signing secret's. Rotate a secret that was in the wrong variable.",
        check_resource=_forms,
    ),
    Policy(
        "live-keys",
        "Production uses the production instance's keys.",
        "With a development key, production signs people in to the development instance, "
        "where they have no account and nobody has to pay.",
        "Use the pk_live_ and sk_live_ keys of the production instance.",
        check_resource=_live,
        production_only=True,
    ),
)
