"""What a dry run does not send either: Clerk could take it for a write."""

from __future__ import annotations

import pytest

from clerkstack.catalog.load import load_catalog
from clerkstack.dry_run import _changes
from clerkstack.problems import ClerkstackError
from clerkstack.state.known import Known
from tests.unit.cutover.seen import CATALOG, sections, settings


def test_a_write_that_may_never_be_made_is_not_tried() -> None:
    catalog, live = load_catalog(CATALOG), sections()
    card = settings(billing={"freeTrialRequiresPaymentMethod": True})

    with pytest.raises(ClerkstackError, match=r"Nothing was sent\.\n.*trials would ask for a card"):
        _changes("prod", card, catalog, Known(), live)

    _changes("prod", settings(), catalog, Known(), live)
