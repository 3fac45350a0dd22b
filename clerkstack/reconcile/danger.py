"""Changes that can cost customers what they paid for, or end their sessions.

Each is refused unless the stack's config allows it (`clerkstack:allow`). The effect of a change is
taken from the write that would make it, live → declared.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from clerkstack.reconcile.billing import ENABLED_FOR, features_of, slugs_of
from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.names import OAUTH_PREFIX
from clerkstack.shapes import Groups, Json, as_texts

PRICE = ("amount", "annual_monthly_amount", "currency")
TOGGLES = {"organization_enabled": "organizationEnabled", "user_enabled": "userEnabled"}
PAYER_OF = {toggle: payer for payer, toggle in ENABLED_FOR.items()}

FORCED_SELECTION = Change(("organization_settings", "force_organization_selection"), False, True)


@dataclass(frozen=True)
class Danger:
    """A dangerous change.

    `kind` and `name` are its names in `clerkstack:allow`: a plan's slug with `remove`, `price`,
    `visibility` or `features`, a feature's slug with `remove` or `visibility`, a toggle by its
    setting. `plans` are the live plans whose subscribers it concerns; `payer` is set if it concerns
    all subscribers of a payer type. With `harmless_without`, it is no danger if there are none.
    """

    group: str
    name: str
    kind: str
    what: str
    plans: tuple[str, ...] = ()
    payer: str | None = None
    harmless_without: bool = False

    @property
    def gently(self) -> str:
        """An alternative that takes nothing from subscribers; empty if there is none."""
        if self.group != "plans" or self.kind not in ("remove", "price", "features"):
            return ""
        if self.kind == "remove":
            return (
                f"keep the plan '{self.name}' in the catalog with publicly_visible: false, so "
                "that nobody new subscribes (Clerk does not delete a plan with subscribers: 409)"
            )
        return (
            f"give the plan '{self.name}' publicly_visible: false, change nothing else, and sell "
            "a new plan with its own slug"
        )

    @property
    def counted(self) -> bool:
        """Whether it concerns subscribers."""
        return bool(self.plans or self.payer)


def billing_dangers(
    changes: Iterable[Change],
    live: Groups,
    *,
    leaving: Collection[str] = (),
) -> list[Danger]:
    """The dangers of a write to billing.

    Args:
        changes: what it changes; the paths start at the section.
        live: the live section by group (see `billing`).
        leaving: live plans and features that are no longer declared.
    """
    going = slugs_of(leaving, "features")
    dangers = [_leaving("plans", slug, (slug,)) for slug in slugs_of(leaving, "plans")]
    dangers += [_leaving("features", slug, _plans_with(slug, live)) for slug in going]
    return dangers + [danger for change in changes for danger in _of_billing(change, going, live)]


def toggle_dangers(changes: Iterable[Change]) -> list[Danger]:
    """The dangers of a write to the other sections of the config."""
    return [danger for change in changes for danger in _of_section(change)]


def api_key_dangers(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Danger]:
    """The dangers of new API key switches, compared with those that the stack declared before."""
    names = {"orgs_api_keys_enabled": "organizationEnabled", "user_api_keys_enabled": "userEnabled"}
    return [
        _toggle(f"apiKeys.{name}", "the keys in use stop working")
        for switch, name in names.items()
        if before.get(switch) is True and after.get(switch) is False
    ]


def _leaving(group: str, slug: str, plans: tuple[str, ...]) -> Danger:
    if group == "plans":
        effect = (
            "it leaves the catalog: it is taken off sale if this stack created it, otherwise "
            "reverted to what it was"
        )
    else:
        of = f", and {', '.join(plans)} {'loses' if len(plans) == 1 else 'lose'} it"
        effect = f"it leaves the catalog{of if plans else ''}"
    return Danger(group, slug, "remove", effect, plans)


def _plans_with(feature: str, live: Groups) -> tuple[str, ...]:
    return tuple(
        slug
        for slug in slugs_of(live, "plans")
        if f"features/{feature}" in features_of(live[f"plans/{slug}"])
    )


def _of_billing(change: Change, going: Container[str], live: Groups) -> Iterator[Danger]:
    _, *path = change.path
    match path:
        case [toggle] if toggle in TOGGLES and change.before is True and change.after is False:
            yield Danger(
                "toggles",
                f"billing.{TOGGLES[toggle]}",
                "off",
                "it is turned off: these payers can no longer subscribe",
                payer=PAYER_OF[toggle],
                harmless_without=True,
            )
        case ["plans", slug, field] if field in PRICE and f"plans/{slug}" in live:
            was, now = ("nothing" if v is None else v for v in (change.before, change.after))
            effect = f"its {field} changes from {was} to {now}"
            yield Danger("plans", slug, "price", effect, (slug,), harmless_without=True)
        case ["plans", slug, "features"]:
            kept, before = (as_texts(v, change.name) for v in (change.after, change.before))
            removed = [name for name in before if name not in kept and name not in going]
            if removed:
                effect = f"it loses {', '.join(removed)}"
                yield Danger("plans", slug, "features", effect, (slug,), harmless_without=True)
        case [("plans" | "features") as group, slug, "publicly_visible"]:
            if change.before is True and change.after is False:
                plans = (slug,) if group == "plans" else ()
                effect = "it is no longer shown in the pricing table"
                yield Danger(group, slug, "visibility", effect, plans)


def _of_section(change: Change) -> Iterator[Danger]:
    section, *rest = change.path
    if rest == ["enabled"] and change.before is True and change.after is False:
        if section == "organization_settings":
            why = "sessions lose their organization, and what its plan includes"
            yield _toggle("organizations.enabled", why)
        elif section.startswith(OAUTH_PREFIX):
            provider = section.removeprefix(OAUTH_PREFIX)
            why = "nobody can sign in with it any more"
            yield _toggle(f"signIn.oauth.{provider}.enabled", why)
    if change == FORCED_SELECTION:
        why = "sessions without an organization must choose one before they continue"
        yield _toggle("organizations.personalWorkspaces", why)


def _toggle(name: str, why: str) -> Danger:
    return Danger("toggles", name, "off", f"it is turned off: {why}")
