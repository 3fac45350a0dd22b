"""Finds the feature slugs in a constant, starting from the texts that plans include."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clerkstack.app.plans import entries, is_plan
from clerkstack.app.values import Constant, Unresolved

NAMED_FEATURES = re.compile("(?i)features$")
# Fields that hold the slug if a feature is written as an object.
_FIELDS = frozenset({"slug", "key", "id", "value", "feature", "code"})
_SLUG = re.compile(r"[A-Za-z0-9_-]+")

# The path to a text: keys of objects, and None for items of lists.
Way = tuple[str | None, ...]
# The pattern that similar paths must match; None matches any step.
Shape = tuple[str | None, ...]
_ANY_FEATURES = "…features"
Leaf = tuple[Way, Constant]


def are_slugs(texts: list[Constant]) -> bool:
    """Return whether all texts are resolved and look like slugs; 'Unlimited users' does not."""
    return all(isinstance(text.value, str) and _SLUG.fullmatch(text.value) for text in texts)


def texts_in(constant: Constant) -> list[Constant]:
    """Return the texts in an object or list, or the text itself.

    Raises:
        Unresolved: a value is unresolved and may be a text.
    """
    found = [each for way, each in _leaves(constant) if len(way) <= 1]
    if not any(isinstance(each.value, str) for each in found):
        return []
    return [each.known for each in found]


def features_beside(
    constant: Constant, attached: Callable[[Constant], bool], *, own: bool
) -> list[Constant]:
    """Return the texts at the same position as those that plans include.

    Args:
        constant: the value of a constant.
        attached: whether a plan includes a text.
        own: it is certainly a collection of features. Anything else, such as `{ gate: F.SSO,
            title: 'Upgrade now' }`, may also hold other texts.

    Raises:
        Unresolved: a value is unresolved and may be a feature.
    """
    leaves = list(_leaves(constant))
    chosen = [(way, each) for way, each in leaves if each.is_known and attached(each)]
    found: list[Constant] = []
    for shape in dict.fromkeys(_shape(way) for way, _ in chosen):
        among = [(way, each) for way, each in chosen if _shape(way) == shape]
        alike = [(way, each) for way, each in leaves if _fits(way, each, shape)]
        if not (own and len(shape) == 1) and _is_mixed(shape, alike, among):
            keys = {way[-1] for way, _ in among}
            alike = among if None in keys else [it for it in alike if it[0][-1] in keys]
        found += [each.known for _, each in alike]
    return found


def features_by_name(constant: Constant, attached: Callable[[Constant], bool]) -> list[Constant]:
    """Return the features of an export named like FEATURES; none if its texts are for people.

    Raises:
        Unresolved: a value is unresolved and may be a feature.
    """
    leaves = list(_leaves(constant))
    found = [each for way, each in leaves if len(way) == 1 or way[1:] == ("slug",)]
    if any(each.is_known and attached(each) for _, each in leaves):
        found += features_beside(constant, attached, own=False)
    known = [each for each in found if each.is_known]
    if not known or not are_slugs(known):
        return []
    return [each.known for each in found]


def _leaves(constant: Constant, way: Way = ()) -> Iterator[Leaf]:
    """Yield the texts and unresolved values outside of plans, with their paths."""
    if isinstance(constant.value, str | Unresolved):
        if not constant.is_function:
            yield way, constant
    elif not is_plan(constant):
        named = isinstance(constant.value, dict)
        for key, each in entries(constant):
            yield from _leaves(each, (*way, key if named else None))


def _shape(way: Way) -> Shape:
    """Generalize a path: any step may differ, except a field whose name says what it holds."""
    shape: list[str | None] = []
    for at, step in enumerate(way):
        last, item = at == len(way) - 1, at > 0 and way[at - 1] is None
        if step is not None and NAMED_FEATURES.search(step):
            shape.append(_ANY_FEATURES)
        else:
            shape.append(step if last and (step in _FIELDS or item) else None)
    return tuple(shape)


def _fits(way: Way, constant: Constant, shape: Shape) -> bool:
    """Whether a path matches the pattern, or is unresolved and may lead to one that does."""
    if len(way) > len(shape) or (constant.is_known and len(way) < len(shape)):
        return False
    steps = zip(way, shape, strict=False)
    return all(
        wanted in (None, step) or (wanted == _ANY_FEATURES and NAMED_FEATURES.search(step or ""))
        for step, wanted in steps
    )


def _is_mixed(shape: Shape, alike: list[Leaf], among: list[Leaf]) -> bool:
    """Whether texts other than features are at the same position as those that plans include."""
    if shape[-1:] != (None,):
        return False
    known = [each for _, each in alike if each.is_known]
    if not are_slugs(known):
        return True
    keys = {way[-1] for way, _ in among}
    if len(known) == len(alike) or len(keys) != 1:
        return False
    # Only one key, next to something unresolved: it is a field if it is alone at the top, or if
    # other objects have it too.
    return len(shape) == 1 or sum(way[-1:] == among[0][0][-1:] for way, _ in alike) > 1
