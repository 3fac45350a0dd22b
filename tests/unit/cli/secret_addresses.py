"""Stacks with secrets in addresses, for tests of what commands show."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from clerkstack.clients.platform import PlatformClient
from local.project import production_settings_on, settings_on
from local.world import World
from local.world import seed as seeded
from tests.unit.cli.engine_of_memory import ENCRYPTED, EngineOfMemory
from tests.unit.rotation.testbed import RotationTestbed

DECLARED, LIVE, HEADER = "declared-9f8Kq2Lm7XwZ", "live-4Tn8Rb3Vc6Hy", "header-7Jd5Ws1Pq9Ze"
BYPASS = "x-vercel-protection-bypass"
HOOK = "https://preview.sendero.example/api/webhooks/clerk"


class Here:
    """Stacks with a query and a header as secrets, and endpoints with others."""

    def __init__(self, world: World, stacks: EngineOfMemory) -> None:
        self.world, self.stacks = world, stacks
        with PlatformClient(
            key=SecretStr(seeded.PLATFORM_KEY), base_url=world.urls.clerk
        ) as platform:
            platform.create_instance(seeded.APPLICATION_ID, domain="sendero.example")
        testbed = RotationTestbed(world)
        stacks.resources["dev"] = [{**resource, "id": "id"} for resource in testbed.resources]
        [app] = world.svix.apps().values()
        [own] = app.endpoints.values()
        own.url, own.headers = f"{HOOK}?{BYPASS}={LIVE}", {BYPASS: LIVE, "authorization": LIVE}
        webhook = {"url": f"{HOOK}?{BYPASS}={DECLARED}", "headers": {BYPASS: HEADER}}
        self.settings: dict[str, Any] = {**settings_on(world), "webhook": webhook}
        stacks.settings["dev"] = self.settings
        stacks.settings["prod"] = {**production_settings_on(world), "webhook": webhook}
        stacks.encrypted = frozenset({*ENCRYPTED, "clerkstack:webhook"})
