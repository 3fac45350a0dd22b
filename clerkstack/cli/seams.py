"""What the cutover takes from other parts of the project: the policies, the smoke run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clerkstack.cutover.rules import Breach
from clerkstack.cutover.smoke import Smoke
from clerkstack.problems import ClerkstackError


def judged_policies(resources: Sequence[Mapping[str, Any]]) -> list[Breach]:
    """Each breach of the policy pack's rules by the production resources of an exported state."""
    # They load the engine's library.
    from policies.rules import RULES
    from policies.view import Resource

    found = []
    for each in resources:
        resource = Resource(each["type"], each["urn"].rpartition("::")[2], each.get("inputs") or {})
        if resource.in_production:
            found += [
                Breach(rule.id, resource.name, message)
                for rule in RULES
                for message in rule.violations(resource)
            ]
    return found


def smoke_run() -> Smoke:
    """The smoke run.

    Raises:
        ClerkstackError: this version has none.
    """
    raise ClerkstackError("this version has no smoke run: make one by hand and sign `smoke` off")
