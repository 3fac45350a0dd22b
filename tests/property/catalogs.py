"""Valid catalogs as a product person could write them, and the contents of an instance before a
stack manages it. Names and slugs are as odd as the rules allow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from clerkstack.catalog.fields import AMOUNT_LIMIT, LONGEST_TRIAL
from clerkstack.catalog.load import load_catalog
from clerkstack.catalog.models import CLERKS_OWN, Catalog

# Slugs that YAML would parse as another type, and names of the config's own parts.
FEATURES = ("sso", "1", "null", "yes", "0x10", "a-b_c", "-", "Upper", "plans", "features")
# Clerk can't change the payer of a plan, so each slug belongs to one payer.
PLANS = {
    "org": ("pro", "free", "2", "off", "made", "name"),
    "user": ("solo", "true", "u-1"),
}
BY_HAND = "By hand "


@dataclass(frozen=True)
class Declared:
    """What one stack declares: the catalog and the billing toggles."""

    document: Mapping[str, Any]
    toggles: Mapping[str, bool]

    def catalog(self, folder: Path) -> Catalog:
        """Return the catalog as the project reads it from a file."""
        file = folder / "catalog.yaml"
        file.write_text(as_yaml(self.document))
        return load_catalog(file)


def as_yaml(document: Mapping[str, Any], indent: str = "") -> str:
    """Return the document as block YAML, with quotes around texts."""
    lines = []
    for key, value in document.items():
        if isinstance(value, dict) and value:
            lines.append(f"{indent}{json.dumps(key)}:\n{as_yaml(value, indent + '  ')}")
        else:
            lines.append(f"{indent}{json.dumps(key)}: {json.dumps(value)}\n")
    return "".join(lines)


ODD = (
    "~",
    "null",
    "0x10",
    "yes",
    "- a",
    "#1",
    '"',
    "'",
    "{}",
    "Ωmega 🚀",
    "  spaces  ",
    "é",
    "e\u0301",
)
# The catalog refuses control characters, surrogates, and a colon in names.
letters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=":")
names = st.one_of(
    st.sampled_from(ODD),
    st.text(letters, max_size=8).map(lambda text: text if text.strip() else f"{text}."),
)
texts = st.one_of(names, st.sampled_from(("a: b", "two\nlines", "a\tb", "…:")))
flags = st.booleans()


def _some(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the fields, in any order."""
    return st.fixed_dictionaries({}, optional=dict(fields)).flatmap(shuffled)


def shuffled(document: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return the same document with its keys in any order."""
    return st.permutations(list(document)).map(lambda keys: {key: document[key] for key in keys})


@st.composite
def _feature(draw: st.DrawFn, name: str) -> dict[str, Any]:
    more = {
        "description": texts,
        "include_in_jwt": flags,
        "jwt_value": texts,
        "publicly_visible": flags,
        "avatar_url": st.sampled_from(("https://img.example/a.png", "https://img.example/ü?b#c")),
    }
    return draw(shuffled({"name": name, **draw(_some(more))}))


@st.composite
def _plan(
    draw: st.DrawFn, name: str, payer: str, features: Sequence[str], *, default: bool
) -> dict[str, Any]:
    cents = st.one_of(st.sampled_from((0, 1, AMOUNT_LIMIT - 1)), st.integers(0, 5000))
    amount = 0 if default else draw(cents)
    more: dict[str, st.SearchStrategy[Any]] = {
        "description": texts,
        "publicly_visible": flags,
        "is_recurring": flags,
        "features": st.lists(st.sampled_from(features), unique=True) if features else st.just([]),
    }
    if payer == "org":
        more["payer_type"] = st.just("org")
    if not default:
        more["annual_monthly_amount"] = st.integers(0, amount)
        if amount:
            more["free_trial_days"] = st.integers(1, LONGEST_TRIAL)
    fields = {"name": name, "amount": amount, **draw(_some(more))}
    if payer == "user":
        fields["payer_type"] = "user"
    if default:
        fields["default"] = True
    return draw(shuffled(fields))


@st.composite
def declared(draw: st.DrawFn) -> Declared:
    """Return any valid catalog, with the toggles that it needs."""
    slugs = draw(st.lists(st.sampled_from(FEATURES), unique=True, max_size=5))
    features = {slug: draw(_feature(draw(names))) for slug in slugs}
    plans: dict[str, dict[str, Any]] = {}
    payers = {}
    for payer, pool in PLANS.items():
        default = next(slug for slug, of in CLERKS_OWN.items() if of.value == payer)
        chosen = draw(st.lists(st.sampled_from((*pool, default)), unique=True, max_size=3))
        called = draw(st.lists(names, unique=True, min_size=len(chosen), max_size=len(chosen)))
        own: list[str] = []
        for slug, name in zip(chosen, called, strict=True):
            plan = draw(_plan(name, payer, slugs, default=slug == default))
            if own and draw(flags):
                plan["includes"] = draw(st.sampled_from(own))
            plans[slug] = plan
            own.append(slug)
        payers[payer] = bool(chosen)
    document = {"features": features, "plans": draw(shuffled(plans))}
    if draw(flags):
        document["currency"] = "usd"
    return Declared(
        draw(shuffled(document)),
        {
            "organization_enabled": payers["org"] or draw(flags),
            "user_enabled": payers["user"] or draw(flags),
            "free_trial_requires_payment_method": draw(flags),
        },
    )


@st.composite
def reordered(draw: st.DrawFn, one: Declared) -> Declared:
    """Return the same in another order, at every level."""

    def again(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: again(inner) for key, inner in draw(shuffled(value)).items()}
        return draw(st.permutations(value)) if isinstance(value, list) else value

    return Declared(again(dict(one.document)), one.toggles)


@st.composite
def by_hand(draw: st.DrawFn) -> dict[str, Any]:
    """Return a section `billing` that a person made, partly with slugs that catalogs have."""
    on = {payer: draw(flags) for payer in PLANS}
    slugs = draw(st.lists(st.sampled_from((*FEATURES, "manual")), unique=True, max_size=3))
    features = {slug: draw(_feature(BY_HAND + slug)) for slug in slugs}
    plans = {}
    for payer, pool in PLANS.items():
        own = st.lists(st.sampled_from((*pool, f"manual_{payer}")), unique=True, max_size=2)
        for slug in draw(own) if on[payer] else ():
            plan = draw(_plan(BY_HAND + slug, payer, slugs, default=False))
            plan["payer_type"] = payer
            plan["free_trial_enabled"] = "free_trial_days" in plan
            plans[slug] = plan
    return {
        "organization_enabled": on["org"],
        "user_enabled": on["user"],
        "free_trial_requires_payment_method": draw(flags),
        "features": features,
        "plans": plans,
    }
