"""The feature slugs in a constant, told by those of its texts that plans attach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clerkstack.app.plans import entries, is_plan
from clerkstack.app.values import Constant, Unresolved

NAMED_FEATURES = re.compile("(?i)features$")
# Fields that hold the slug where a feature is written as an object.
_FIELDS = frozenset({"slug", "key", "id", "value", "feature", "code"})
_SLUG = re.compile(r"[A-Za-z0-9_-]+")

# The way to a text: keys of objects, and None for the items of lists.
Way = tuple[str | None, ...]
# What other ways must have in common with it; None is any step.
Shape = tuple[str | None, ...]
_ANY_FEATURES = "…features"
Leaf = tuple[Way, Constant]


def are_slugs(texts: list[Constant]) -> bool:
    """Whether all are known and written as slugs are; 'Unlimited users' is not."""
    return all(isinstance(text.value, str) and _SLUG.fullmatch(text.value) for text in texts)


def texts_in(constant: Constant) -> list[Constant]:
    """The texts of an object or list that holds texts, and a text itself.

    Raises:
        Unresolved: some of its values are unresolved, and may be texts.
    """
    found = [each for way, each in _leaves(constant) if len(way) <= 1]
    if not any(isinstance(each.value, str) for each in found):
        return []
    return [each.known for each in found]


def features_beside(
    constant: Constant, attached: Callable[[Constant], bool], *, own: bool
) -> list[Constant]:
    """The texts that are reached in the same way as the attached ones.

    Args:
        constant: the value of a constant.
        attached: whether a text is one that plans attach.
        own: it is certainly a collection of features. Anything else, as `{ gate: F.SSO,
            title: 'Upgrade now' }`, may hold other texts beside an attached one.

    Raises:
        Unresolved: some of its values are unresolved, and may be features.
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
    """The features of an export with a name like FEATURES; none where it is a list to be read.

    Raises:
        Unresolved: some of its values are unresolved, and may be features.
    """
    leaves = list(_leaves(constant))
    found = [each for way, each in leaves if len(way) == 1 or way[1:] == ("slug",)]
    if any(each.is_known and attached(each) for _, each in leaves):
        found += features_beside(constant, attached, own=False)
    told = [each for each in found if each.is_known]
    if not told or not are_slugs(told):
        return []
    return [each.known for each in found]


def _leaves(constant: Constant, way: Way = ()) -> Iterator[Leaf]:
    """The texts, and what is unresolved and may be texts, outside of plans."""
    if isinstance(constant.value, str | Unresolved):
        if not constant.is_function:
            yield way, constant
    elif not is_plan(constant):
        named = isinstance(constant.value, dict)
        for key, each in entries(constant):
            yield from _leaves(each, (*way, key if named else None))


def _shape(way: Way) -> Shape:
    """Every step may be another, but for fields: their names say what they hold."""
    shape: list[str | None] = []
    for at, step in enumerate(way):
        last, item = at == len(way) - 1, at > 0 and way[at - 1] is None
        if step is not None and NAMED_FEATURES.search(step):
            shape.append(_ANY_FEATURES)
        else:
            shape.append(step if last and (step in _FIELDS or item) else None)
    return tuple(shape)


def _fits(way: Way, constant: Constant, shape: Shape) -> bool:
    """Whether it is reached like that, or is unresolved and may hold what is."""
    if len(way) > len(shape) or (constant.is_known and len(way) < len(shape)):
        return False
    steps = zip(way, shape, strict=False)
    return all(
        wanted in (None, step) or (wanted == _ANY_FEATURES and NAMED_FEATURES.search(step or ""))
        for step, wanted in steps
    )


def _is_mixed(shape: Shape, alike: list[Leaf], among: list[Leaf]) -> bool:
    """Whether something else than features stands beside those that plans attach."""
    if shape[-1:] != (None,):
        return False
    told = [each for _, each in alike if each.is_known]
    if not are_slugs(told):
        return True
    keys = {way[-1] for way, _ in among}
    if len(told) == len(alike) or len(keys) != 1:
        return False
    # One name only, beside something unresolved: that name is a field where it is
    # alone at the top, or where other objects have it too.
    return len(shape) == 1 or sum(way[-1:] == among[0][0][-1:] for way, _ in alike) > 1
