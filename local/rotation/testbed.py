"""Production in a local world, with the example app as its deployment, under traffic."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.project import Project, copy_project, production_settings_on
from local.rotation.front import Front, in_front_of
from local.rotation.traffic import (
    BEAT,
    Traffic,
    api_keys,
    forged_webhooks,
    revoked_keys,
    webhooks,
)
from local.world import World
from local.world import seed as seeded
from local.world.deployed import Deployed

STACK, HOST, TARGET = "prod", "sendero.example", "production"
VARIABLES = {"clerk": "CLERK_SECRET_KEY", "webhook": "CLERK_WEBHOOK_SECRET"}
PATIENCE = 5  # seconds that the copy's clients wait for an answer
PATIENCE_OF_PROOF = 20  # seconds that the copy's proof polls the app
# In the copy only, so that a row takes seconds. It still waits for the same events.
SHORTER = (
    ("clerkstack/clients/http.py", "httpx.Timeout(30.0, ", f"httpx.Timeout({PATIENCE}.0, "),
    ("clerkstack/rotation/proof.py", "PATIENCE = 180.0", f"PATIENCE = {PATIENCE_OF_PROOF}.0"),
)


@dataclass(frozen=True)
class Secrets:
    """Every secret of the stack at Clerk and Svix: the current one, and the earlier ones that are
    kept."""

    current: dict[str, str]
    known: dict[str, frozenset[str]]


@dataclass
class RotationTestbed:
    """The deployment that the rows use."""

    project: Project
    app: Deployed
    front: Front
    key: str
    revoked: str
    beat: float = BEAT
    """Seconds between two valid requests of one kind."""
    known_history: list[dict[str, Any]] | None = None
    """The history, if it was read since the last run began, else None."""

    @property
    def world(self) -> World:
        """The world of the deployment."""
        return self.project.world

    def traffic(self) -> Traffic:
        """Return the traffic, not started yet."""
        kinds = [webhooks(self.signing_secrets, self.beat), api_keys(self.key, self.beat)]
        return Traffic(self.app.address, [*kinds, forged_webhooks(), revoked_keys(self.revoked)])

    # -- what is live ---------------------------------------------------------------------------

    def signing_secrets(self) -> list[str]:
        """Return the secrets with which Svix signs now."""
        with self.world._turns.threads:
            return self.world.svix.valid_secrets(*self._endpoint())

    def accepts(self, kind: str, secret: str) -> bool:
        """Return whether a secret is valid now."""
        if kind == "webhook":
            return secret in self.signing_secrets()
        with self.world._turns.threads:
            return bool(self._instance().accepts(secret, self.world.clerk.clock()))

    def secrets(self) -> Secrets:
        """Return the secrets at Clerk and Svix now."""
        with self.world._turns.threads:
            instance, (app, endpoint_id) = self._instance(), self._endpoint()
            endpoint = self.world.svix.endpoint(app, endpoint_id)
            return Secrets(
                {"clerk": instance.secret, "webhook": endpoint.secret},
                {
                    "clerk": frozenset(secret.value for secret in instance.secrets),
                    "webhook": frozenset([endpoint.secret, *(r.key for r in endpoint.retired)]),
                },
            )

    def used(self, deployment: str) -> dict[str, str]:
        """Return the secrets of a deployment."""
        with self.world._turns.threads:
            made = self.world.vercel.deployments[deployment]
            held = self.world.vercel.vault.opened(made.environment)
        return {kind: held[name] for kind, name in VARIABLES.items()}

    # -- what the command says ------------------------------------------------------------------

    def reported(self, *words: str) -> Any:
        """Return the JSON of a `rotate` that only reports."""
        ran = self.project.clerkstack("rotate", "--json", *words)
        if ran.returncode not in (0, 1):
            raise RuntimeError(f"rotate {' '.join(words)} failed\n{ran.stderr}")
        return json.loads(ran.stdout)

    def history(self) -> list[dict[str, Any]]:
        """Return the finished rotations, oldest first."""
        if self.known_history is None:
            found: list[dict[str, Any]] = self.reported("--history")["rotations"]
            self.known_history = sorted(found, key=lambda each: int(each["ended"]))
        return self.known_history

    def _instance(self) -> Any:
        return self.world.clerk.instance(seeded.APPLICATION_ID, TARGET)

    def _endpoint(self) -> tuple[Any, str]:
        app = next(
            each
            for each in self.world.svix.apps().values()
            if each.instance_id == self._instance().id
        )
        (endpoint,) = app.endpoints
        return app, endpoint


@contextmanager
def deployed(folder: Path, beat: float = BEAT) -> Iterator[RotationTestbed]:
    """Deploy into a new folder; stop at the end of the block.

    Args:
        beat: seconds between two valid requests of one kind.

    Raises:
        NotBuilt: the example app can't run here.
    """
    with World() as world:
        app = world.deploy(TARGET)
        with in_front_of(app.address) as front:
            world.route(HOST, front.address)
            project = Project(copy_project(folder / "project"), world)
            for name, before, after in SHORTER:
                project.edit(name, (before, after))
            project.init(STACK, production_settings_on(world))
            project.up()
            world.vercel.add_deployment(seeded.VERCEL_PROJECT_ID, TARGET)
            app.settle()
            yield RotationTestbed(project, app, front, *_keys(world), beat)


def _keys(world: World) -> tuple[str, str]:
    """Create an API key of an organization, and a revoked one."""
    instance = world.clerk.instance(seeded.APPLICATION_ID, TARGET)
    headers = {"Authorization": f"Bearer {instance.secret}"}
    with httpx.Client(base_url=f"{world.urls.clerk}/v1", headers=headers) as clerk:
        subject = _made(clerk, "/organizations", {"name": "Sendero"})["id"]
        keys = [
            _made(clerk, "/api_keys", {"name": name, "subject": subject})
            for name in ("In use", "Revoked")
        ]
        _made(clerk, f"/api_keys/{keys[1]['id']}/revoke", {})
    return keys[0]["secret"], keys[1]["secret"]


def _made(clerk: httpx.Client, path: str, body: dict[str, str]) -> Any:
    answer = clerk.post(path, json=body)
    answer.raise_for_status()
    return answer.json()


def unchanged(testbed: RotationTestbed) -> Sequence[str]:
    """Run the stack's next `pulumi up` and return what it changed: nothing, if all is well."""
    began = time.time()
    said = testbed.project.up(check=False)
    wrote = [
        f"{entry.method} {entry.path}"
        for entry in testbed.world.journal()
        if entry.at >= began
        and entry.method not in ("GET", "HEAD")
        and not entry.path.endswith("/api_keys/verify")
    ]
    if wrote:
        return [f"the next pulumi up wrote: {', '.join(wrote)}"]
    changes = ("updated", "created", "deleted", "replaced", "error:")
    found = [line.strip() for line in said.splitlines() if any(word in line for word in changes)]
    return [f"the next pulumi up: {found[0]}"] if found else []
