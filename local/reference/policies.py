"""The reference of the policies: tables, and the first lines of their sections."""

from __future__ import annotations

from local.reference.words import escaped
from local.sections import table
from policies.policy import Option, Policy
from policies.registry import POLICIES

BEFORE, TOGETHER = "before the write", "together"


def sections() -> dict[str, str]:
    """Return the sections of docs/policies.md by name: two tables, and one for each policy."""
    rows = [
        (f"[{policy.id}](#{policy.id})", policy.summary, _judged(policy), _where(policy))
        for policy in POLICIES
    ]
    takers: dict[tuple[str, Option], list[str]] = {}
    for policy in POLICIES:
        for name, option in policy.options.items():
            takers.setdefault((name, option), []).append(f"[{policy.id}](#{policy.id})")
    options = [
        (f"`{name}`", ", ".join(ids), option.what, _default(option))
        for (name, option), ids in takers.items()
    ]
    return {
        "policies": table(("Policy", "What holds", "Judged", "Where"), rows),
        "values": table(("Value", "Of", "What it is", "Default"), options),
        **{policy.id: _why(policy) for policy in POLICIES},
    }


def _why(policy: Policy) -> str:
    return f"{escaped(policy.reason)}\n\n**Fix:** {escaped(policy.remedy)}\n"


def _judged(policy: Policy) -> str:
    return ", ".join(
        name
        for name, rule in ((BEFORE, policy.check_resource), (TOGETHER, policy.check_stack))
        if rule is not None
    )


def _where(policy: Policy) -> str:
    where = "production" if policy.production_only else "both"
    if policy.advisory:
        return f"{where}, advisory"
    return f"{where}, non-overridable" if policy.non_overridable else where


def _default(option: Option) -> str:
    if isinstance(option.default, int):
        return str(option.default)
    return ", ".join(f"`{part}`" for part in option.default) or "none"
