"""Resources that belong to no Clerk instance."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.providers.base import ClerkProvider
from clerkstack.providers.vercel_project import ASKED, VercelProjectProvider
from clerkstack.providers.written_variables import WrittenVariablesProvider

PROJECT = {"project_id": "prj_1", "team_id": None}


@pytest.mark.parametrize(
    ("provider", "inputs"),
    [
        (VercelProjectProvider(), {**PROJECT, ASKED: {}}),
        (WrittenVariablesProvider(), {**PROJECT, "values": {}, "state": {}}),
    ],
)
@pytest.mark.parametrize("olds", [{}, {**PROJECT, "project_id": "prj_0"}])
def test_a_resource_without_an_instance_is_checked_and_compared(
    provider: ClerkProvider, inputs: dict[str, Any], olds: dict[str, Any]
) -> None:
    checked = provider.check(olds, inputs)

    assert checked.failures == []
    assert provider.diff("id", olds, checked.inputs).changes
