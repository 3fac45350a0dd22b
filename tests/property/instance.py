"""An instance of a running world, and the billing resource that a stack has on it."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from clerkstack.clients.platform import ConfigWrite, PlatformClient
from clerkstack.desired.billing import billing_inputs
from clerkstack.intent_log import FOLDER
from clerkstack.providers.billing import BillingProvider
from clerkstack.settings.models import BillingSettings
from local.driven import Driven, Props, config_on, end_run
from local.world import World
from local.world import seed as seeded
from tests.property.catalogs import Declared

Steps = tuple[str, ...]
_patch = PlatformClient.patch_config


class Instance:
    """One instance: changes by a person, runs of a stack, and the live state."""

    def __init__(self, world: World, folder: Path, environment: str = "development") -> None:
        self.place = (seeded.APPLICATION_ID, environment)
        self._world = world
        self.folder = folder
        self._person = PlatformClient(key=SecretStr(seeded.PLATFORM_KEY), base_url=world.urls.clerk)
        self._bodies: list[dict[str, Any]] = []

    @contextmanager
    def listening(self) -> Iterator[Instance]:
        """Record what a stack writes to the config, and forward it."""

        def heard(client: PlatformClient, *to: str, **how: Any) -> ConfigWrite:
            *_, changes = to
            self._bodies.append(copy.deepcopy(cast(dict[str, Any], changes)))
            return _patch(client, *to, **how)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as listening, self._person:
            listening.setattr(PlatformClient, "patch_config", heard)
            yield self
            end_run()

    def begin(self, section: Mapping[str, Any]) -> dict[str, Any]:
        """Begin with a fresh world with organizations, a person's billing, and no stack yet. Return
        the live section."""
        end_run()
        self._world.reset()
        if self.place[1] == "production":
            self._person.create_instance(self.place[0], domain="sendero.example")
        shutil.rmtree(self.folder / FOLDER, ignore_errors=True)
        self.billing = Driven(BillingProvider(), config_on(self._world))
        self.by_hand({"organization_settings": {"enabled": True}, "billing": dict(section)})
        self.written()
        return self.live()

    def another_stack(self) -> None:
        """Continue as another checkout with its own stack, which has deployed nothing yet."""
        shutil.rmtree(self.folder / FOLDER, ignore_errors=True)
        self.billing = Driven(BillingProvider(), config_on(self._world))

    def by_hand(self, changes: dict[str, Any]) -> None:
        """Act as a person in the dashboard."""
        _patch(self._person, *self.place, changes, if_match=None, destructive=True)

    def up(self, declared: Declared, *, always: bool = False) -> bool:
        """See `Driven.up`."""
        return self.billing.up(self.inputs(declared), always=always)

    def inputs(self, declared: Declared) -> Props:
        """Return the program's inputs of the billing resource."""
        catalog = declared.catalog(self.folder)
        settings = BillingSettings(**declared.toggles)
        of_billing = billing_inputs(settings, catalog, None, catalog_file="catalog.yaml")
        application, environment = self.place
        return {"application_id": application, "environment": environment, **of_billing}

    def live(self) -> dict[str, Any]:
        """Return the live section `billing`, with features of plans sorted, and an annual price of
        0 as none, which is the same to Clerk."""
        section: Any = self._person.get_config(*self.place).sections["billing"]
        for plan in section["plans"].values():
            plan["features"] = sorted(plan["features"])
            plan["annual_monthly_amount"] = plan["annual_monthly_amount"] or None
        return cast(dict[str, Any], section)

    def written(self) -> list[dict[str, Any]]:
        """Return the writes of the section `billing` since the last call."""
        bodies, self._bodies = self._bodies, []
        return [body["billing"] for body in bodies]


def leaves(document: Mapping[str, Any], at: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield every value that is not an object, with its path; lists are sorted."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), sorted(value) if isinstance(value, list) else value
