"""The measured operations, by their names in the document."""

from __future__ import annotations

from local.large_catalog import FEATURES, PLANS

EMPTY_FIRST, EMPTY_UNCHANGED = "empty program, first `up`", "empty program, unchanged `up`"
LEAST_FIRST, LEAST_UNCHANGED = "*one of each*, first `up`", "*one of each*, unchanged `up`"
FIRST, UNCHANGED = "first `up`", "unchanged `up`"
WITH_PACK, PREVIEW = "unchanged `up` with the policy pack", "`preview`"
ONE_PRICE = "one price changed, `up`"
FIRST_KIND, UNCHANGED_KIND = "first", "unchanged"
BASES = {
    FIRST_KIND: (EMPTY_FIRST, LEAST_FIRST),
    UNCHANGED_KIND: (EMPTY_UNCHANGED, LEAST_UNCHANGED),
}
SIZE = f"{PLANS} plans, {FEATURES:,} features"
LARGE_UP, LARGE_UNCHANGED = "`up` that brings them", "unchanged `up`"
LARGE_PRICE = "one price changed, `up`"

# The smallest possible number of requests for the operation on the development instance, and why.
FEWEST = {
    FIRST: (
        44,
        "application 1 · config: read, 3 writes, 3 read-backs · roles and role sets: 2 lists, "
        "make, 2 lists · API keys 1 · webhook: is there an app, app, token, event types, "
        "endpoint, read-back, secret · project 1, variables 16, read-back 1 · redeploy: find, "
        "start, look 3 times (queued, building, ready)",
    ),
    UNCHANGED: (0, "nothing is asked"),
    WITH_PACK: (0, "nothing is asked"),
    PREVIEW: (0, "nothing is asked"),
    ONE_PRICE: (
        6,
        "config: read, write, read-back · who subscribes to it: key, plan, subscriptions",
    ),
}
