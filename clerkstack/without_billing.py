"""Production without billing in its settings: what will be live is compared with the app's code.

Nothing else would compare them: there is no billing resource to do it, and if there was one, the
engine removes it at the very end of the update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pulumi
from pulumi.dynamic import Config, ConfigureRequest

from clerkstack.clients.errors import NotFound
from clerkstack.desired.refusals import asks_for_a_card, unanswered
from clerkstack.problems import ClerkstackError
from clerkstack.providers.base import InstanceRef, inputs_of
from clerkstack.providers.billing import KEEP, BillingProvider
from clerkstack.reconcile.app_says import AppSays
from clerkstack.reconcile.billing import MADE, live_groups, slugs_of
from clerkstack.settings.models import Settings
from clerkstack.shapes import JsonObject
from clerkstack.state.model import State


def refusals_without_billing(
    settings: Settings,
    raw: Mapping[str, str],
    app: AppSays,
    state: Callable[[], State],
    *,
    preview: bool,
) -> list[str]:
    """Why such an update is refused; nothing if billing is declared, or in development.

    Sends nothing if no app is known and the state has no billing.

    Args:
        settings: the stack's settings.
        raw: the stack's config, for the services.
        app: what the app's code says; see `app_inputs`.
        state: returns type and outputs of each resource of the stack.
        preview: in a preview, what cannot be read is reported now and refused later.
    """
    if settings.components.billing or settings.instance != "production":
        return []
    held = _held(state())
    if not held and not app:
        return []
    provider = BillingProvider()
    provider.configure(ConfigureRequest(Config(dict(raw), "clerkstack")))
    ref = InstanceRef(settings.application_id, settings.instance)
    try:
        try:
            live = provider.live(ref)
        except NotFound:
            live = {}  # there is no instance yet: nothing is on it
        return list(dict.fromkeys(_refused(provider, held, app, live)))
    except ClerkstackError as failure:
        message = f"what is live cannot be compared with what the app asks for: {failure}"
        if not preview:
            return [message]
        pulumi.warn(f"{message} The comparison is made before an update starts.")
        return []


def _held(state: State) -> JsonObject:
    """The state's billing, empty if it has none."""
    billing = state.the("Billing")
    return {} if billing is None else inputs_of(billing.outputs)


def _refused(
    provider: BillingProvider, held: JsonObject, app: AppSays, live: JsonObject
) -> Iterator[str]:
    after = live
    if held and live and not provider.left:
        run = provider.removal(held, live)
        after = run.after
        removed = [
            f"{kind} {', '.join(slugs)}"
            for kind in MADE
            if (slugs := sorted(slugs_of({*run.gone} - live_groups(after).keys(), kind)))
        ]
        effect = f"removes from production: {'; '.join(removed)}" if removed else "removes no plan"
        pulumi.warn(
            "clerkstack:components.billing is off but the state has billing: this update "
            f"{effect}, and restores what it had changed."
        )
        unanswered_checks = list(
            dict.fromkeys([*provider.lost(held, run), *unanswered(app, after)])
        )
        yield from unanswered_checks
        if unanswered_checks:
            yield KEEP
        else:
            yield from provider.refuse_danger(
                provider.ref(held), provider.dangers_of_removal(held, run)
            )
    else:
        yield from unanswered(app, after)
    if asks_for_a_card(after):
        yield (
            "free trials ask for a card on the production instance, and this stack does not "
            "manage billing (clerkstack:components.billing). Turn it off on the dashboard "
            "page Billing → Settings, or declare billing."
        )
