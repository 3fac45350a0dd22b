"""Finds the plans in a constant: objects with slug and features, at any depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clerkstack.app.values import Constant

NAMED_PLANS = re.compile("(?i)plans$")


def is_plan(constant: Constant) -> bool:
    """Return whether a constant has slug and features."""
    return isinstance(constant.value, dict) and {"slug", "features"} <= constant.value.keys()


def entries(constant: Constant) -> list[tuple[str, Constant]]:
    """Return the values of an object or list with their keys."""
    if isinstance(constant.value, dict):
        return list(constant.value.items())
    return [("", each) for each in constant.value] if isinstance(constant.value, list) else []


def plans_in(constant: Constant) -> list[Constant]:
    """Return the constant itself if it is a plan, else all plans in it."""
    if is_plan(constant):
        return [constant]
    return [plan for _, each in entries(constant) for plan in plans_in(each)]


def declared(
    name: str, constant: Constant, apart: Callable[[Constant, Constant], bool]
) -> Iterator[Constant]:
    """Yield all plans in an export, and the non-plans among them, which are mistakes.

    Args:
        name: the name of the export.
        constant: its value.
        apart: whether two values are written in different constants. A list of plans that are
            defined elsewhere may contain other things too.
    """
    if is_plan(constant):
        yield constant
        return
    held = entries(constant)
    groups = [key for key, each in held if not is_plan(each) and plans_in(each)]
    plans = [each for _, each in held if is_plan(each)]
    strict = bool(NAMED_PLANS.search(name)) or not all(apart(constant, plan) for plan in plans)
    for key, each in held:
        if plans_in(each):
            yield from declared(key, each, apart)
        elif plans:
            if strict or _tries(each) or (len(plans) > 1 and not each.is_known):
                yield each
        elif groups and _may_be_group(key, each, held):
            yield each


def _tries(constant: Constant) -> bool:
    return isinstance(constant.value, dict) and bool({"slug", "features"} & constant.value.keys())


def _may_be_group(key: str, constant: Constant, held: list[tuple[str, Constant]]) -> bool:
    """Whether an unresolved value may hold plans, because its siblings do."""
    if constant.is_known or constant.is_function:
        return False
    known = [(name, each) for name, each in held if each.is_known]
    named = any(NAMED_PLANS.search(name) for name, _ in known)
    return all(plans_in(each) for _, each in known) and (not named or bool(NAMED_PLANS.search(key)))
