"""A rotation in this process: real services in the local world, an engine and an app of memory.

It can be killed before and after everything that it does outside of itself.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import SecretStr

from clerkstack.clients.vercel import VercelClient
from clerkstack.desired.secret_kinds import KINDS, Kind, variables_of
from clerkstack.live.session import Session
from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import Holder, Running, now
from clerkstack.rotation.journal_store import JournalStore
from clerkstack.rotation.proof import NotProved
from clerkstack.rotation.requests import RotationRequest
from clerkstack.rotation.run import Refused, Rotator
from clerkstack.rotation.services import Services
from clerkstack.rotation.stacks import StackSecrets, known_of
from clerkstack.rotation.survey import Survey
from clerkstack.settings.load import load_settings
from clerkstack.settings.models import Settings
from clerkstack.settings.projects import Project
from clerkstack.settings.variable_names import DEFAULT, NameSet
from clerkstack.state.marks import secret, shown
from clerkstack.state.model import State
from clerkstack.state.neighbours import Neighbour
from local import address
from local.world import World
from local.world import seed as seeded
from local.world.clerk.errors import ClerkError
from local.world.vercel.models import digest

URL = "https://preview.sendero.example/api/webhooks/clerk"
DYNAMIC = "pulumi-python:dynamic/clerkstack:"


class Killed(BaseException):
    """The process ended here."""


@dataclass
class RotationTestbed:
    """One stack on a world. `moments` counts what was done; the process dies at `kill_at`."""

    world: World
    resources: list[dict[str, Any]] = field(default_factory=list)
    deployed: dict[Kind, str] = field(default_factory=dict)
    """What the app was built with, by kind; `live` is what its variables hold."""
    live: dict[Kind, str] = field(default_factory=dict)
    runs: int = 0
    moments: int = 0
    kill_at: int | None = None
    fails: dict[str, Exception] = field(default_factory=dict)
    meanwhile: tuple[int, Callable[[], Any]] | None = None
    """At which moment another run goes on beside, and what it does."""
    proves: bool = True
    refuses: bool = False
    runs_app: bool = True
    said: list[str] = field(default_factory=list)
    confirmed: bool = True
    leaked: bool = False
    configured: dict[str, str] = field(default_factory=dict)
    names: Sequence[NameSet] = DEFAULT
    project_id: str = seeded.VERCEL_PROJECT_ID
    neighbours: list[Neighbour] = field(default_factory=list)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Several Vercel projects; where there are none, it is one in the short form."""
    nothing_runs: tuple[str, ...] = ()
    proved: list[str] = field(default_factory=list)
    rolled_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = Session(self.settings.connection)
        instance = session.instance(seeded.APPLICATION_ID, "development")
        assert instance is not None
        assert instance.secret_key is not None
        with (
            closing(session),
            session.backend(seeded.APPLICATION_ID, "development") as backend,
            closing(session.svix(backend.create_svix_app())) as svix,
        ):
            endpoint = svix.create_endpoint(url=URL, event_types=["user.created"])
            signing = svix.signing_secret(endpoint.id).get_secret_value()
        self.deployed = {
            "clerk": instance.secret_key.get_secret_value(),
            "webhook": signing,
        }
        self.live = dict(self.deployed)
        self.resources = [
            resource(
                f"{DYNAMIC}Instance",
                instance_id=instance.instance_id,
                publishable_key=instance.publishable_key,
                secret_key=hidden(self.deployed["clerk"]),
            ),
            resource(
                f"{DYNAMIC}WebhookEndpoint", endpoint_id=endpoint.id, signing_secret=hidden(signing)
            ),
            resource(f"{DYNAMIC}Rotations", rotated={}, journal=hidden("{}")),
            *(
                resource(f"{DYNAMIC}WrittenVariables", written={"preview/CLERK_SECRET_KEY": 5})
                for _ in self.settings.vercel_projects
            ),
            *(
                variable(target, name, project, self._written(project, target, name, kind))
                for project in self.settings.vercel_projects
                for target in project.targets
                for kind in KINDS
                for name in variables_of(kind, project.names)
                if f"{target}/{name}" not in project.leave_alone
            ),
        ]
        self.world.clear_journal()

    def _written(self, project: Project, target: str, key: str, kind: Kind) -> str:
        """Write one of the stack's own variables; return its id."""
        body = {
            "key": key,
            "value": self.deployed[kind],
            "type": "encrypted" if target == "development" else "sensitive",
            "target": [target],
        }
        vercel, there = self.world.vercel, project.project_id
        if there not in vercel.projects:
            vercel.add_project(there, project.name, team_id=project.team_id)
        return vercel.create_variable(vercel.projects[there], body).id

    @property
    def settings(self) -> Settings:
        short = {"projectId": self.project_id}
        projects = {"projects": self.projects} if self.projects else short
        given: dict[str, Any] = {
            "instance": "development",
            "applicationId": seeded.APPLICATION_ID,
            "platformKey": seeded.PLATFORM_KEY,
            "appUrl": "https://preview.sendero.example",
            "environment": json.dumps({**projects, "names": [*self.names]}),
            "urls": json.dumps(address.settings(self.world.urls)),
            **self.configured,
        }
        raw = {f"clerkstack:{key}": value for key, value in given.items()}
        return settings_of(json.dumps({**raw, "vercel:apiToken": seeded.VERCEL_TOKEN}))

    def rotate(self, **request: Any) -> Any:
        """A run of its own, as a process would be."""
        given = {"kinds": None, "reason": "a test", "overlap_hours": 24, "who": "Ana", **request}
        return self._rotator().rotate(RotationRequest(**given))

    def abort(self) -> Any:
        return self._rotator().abort()

    def killed_at(self, moment: int, act: Callable[[], Any]) -> bool:
        """Kill a run at its n-th moment; return whether it got that far."""
        self.moments, self.kill_at = 0, moment
        try:
            act()
        except Killed:
            return True
        finally:
            self.kill_at = None
        return False

    def deploy(self) -> None:
        """Somebody's own `pulumi up`."""
        secrets = self.known().secrets
        self.live = {kind: secrets[kind].get_secret_value() for kind in KINDS}
        self.deployed = dict(self.live)

    @property
    def state(self) -> State:
        return State.of(self.resources)

    def known(self) -> StackSecrets:
        return known_of(copy.deepcopy(self.state), "dev")

    def vercel(self, team_id: str | None = None) -> VercelClient:
        return VercelClient(
            token=SecretStr(seeded.VERCEL_TOKEN),
            base_url=self.world.urls.vercel,
            team_id=team_id,
        )

    def is_valid(self, key: str) -> bool:
        """Whether Clerk accepts a secret key."""
        try:
            self.world.clerk.instance_of_key(key)  # what each request to Clerk begins with
        except ClerkError:
            return False
        return True

    def signing(self) -> list[str]:
        """The secrets that sign now."""
        app = next(iter(self.world.svix.apps().values()))
        return self.world.svix.valid_secrets(app, next(iter(app.endpoints)))

    def mints(self) -> dict[Kind, int]:
        """How often each was minted."""
        paths = [entry.path for entry in self.world.journal() if entry.method == "POST"]
        return {
            "clerk": sum(path.endswith("/rotate_secret_keys") for path in paths),
            "webhook": sum(path.endswith("/secret/rotate") for path in paths),
        }

    def assert_nobody_is_locked_out(self) -> None:
        """What the deployed app has is valid now."""
        assert self.is_valid(self.deployed["clerk"])
        assert self.deployed["webhook"] in self.signing()

    def _rotator(self) -> Rotator:
        self.runs += 1
        process = Process(self, self.runs)
        settings = self.settings
        return Rotator(
            settings,
            JournalStore("dev", process, process.myself, process.is_held),
            process,
            process.services,
            process,  # type: ignore[arg-type]
            process.survey(),
            process.progress,
            process.confirm,
        )


@dataclass
class Process:
    """What one run has outside of itself."""

    testbed: RotationTestbed
    pid: int

    def moment(self, name: str) -> None:
        testbed = self.testbed
        testbed.moments += 1
        if testbed.meanwhile is not None and testbed.moments >= testbed.meanwhile[0]:
            act, testbed.meanwhile = testbed.meanwhile[1], None
            act()
        if testbed.kill_at is not None and testbed.moments >= testbed.kill_at:
            raise Killed
        if name in testbed.fails:
            raise testbed.fails[name]
        if not testbed.leaked:
            testbed.assert_nobody_is_locked_out()

    def change(self, change: Callable[[State], None]) -> State:
        self.moment("read")
        before = copy.deepcopy(self.testbed.state)
        state = copy.deepcopy(before)
        change(state)
        self.moment("write")
        if state != before:
            self.testbed.resources = State.parse(state.text()).entries
        self.moment("written")
        return copy.deepcopy(state)

    def foresee(self, urns: Sequence[str], *, unchanged: bool) -> None:
        self.moment("preview")
        assert urns
        if self.testbed.refuses:
            raise Refused("no")

    def roll_out(self, urns: Sequence[str]) -> None:
        self.moment("up")
        assert len(urns) in (3, 5, 7) or self.testbed.projects, urns
        self.testbed.rolled_out = [*urns]
        state = self.testbed.known().secrets
        vercel, changed = self.testbed.world.vercel, set()
        for each in self.testbed.resources:
            if each["urn"] in urns and "projectId" in each["inputs"]:
                kind = next(k for k in KINDS if each["inputs"]["key"] in variables_of(k))
                project = vercel.projects[each["inputs"]["projectId"]]
                value = state[kind].get_secret_value()
                made = project.variables[each["outputs"]["id"]]
                if made.value_digest != digest(value):
                    self.moment("variable")
                    vercel.update_variable(project, made.id, {"value": value})
                    changed.add(project.id)
                self.testbed.live[kind] = value
        self.moment("app")
        self.testbed.deployed = dict(self.testbed.live)
        for project_id in changed:
            # As the engine does: if nothing was written, nothing is built.
            vercel.add_deployment(project_id, "preview")
        self.moment("updated")

    def build(self, project_id: str, team_id: str | None, target: str, branch: str | None) -> None:
        self.moment("build")
        with self.testbed.vercel(team_id) as vercel:
            newest = vercel.latest_deployment(project_id, target, branch=branch)
            if newest is not None:
                vercel.redeploy(newest, target)
        self.moment("built")

    def is_deployed(self, project: Project) -> bool:
        return self.testbed.runs_app and project.name not in self.testbed.nothing_runs

    def look(self, secrets: dict[Kind, SecretStr], deployed: Sequence[Project]) -> list[str]:
        self.moment("look")
        return []

    def prove(self, secrets: dict[Kind, SecretStr], deployed: Sequence[Project]) -> str:
        self.moment("prove")
        self.testbed.proved = [project.name for project in deployed]
        for kind, value in secrets.items():
            if not self.testbed.proves or value.get_secret_value() != self.testbed.deployed[kind]:
                raise NotProved("the app runs with another")
        return "dpl_1"

    def services(self, known: StackSecrets) -> Services:
        real = Services(
            self.testbed.settings,
            Session(self.testbed.settings.connection),
            instance_id=known.instance_id,
            endpoint_id=known.endpoint_id,
            key=known.secrets.get("clerk"),
            before=known.journal.secrets_before,
            sleep=lambda _: None,
        )
        return Watched(real, self)  # type: ignore[return-value]

    def survey(self) -> Survey:
        settings = self.testbed.settings
        session = Session(settings.connection)
        real = Survey(settings, session, lambda: self.testbed.neighbours)
        return Watched(real, self)  # type: ignore[return-value]

    def myself(self) -> Holder:
        return Holder(who=f"run {self.pid}", host="here", pid=self.pid, until=now() + 1000)

    def is_held(self, holder: Holder) -> bool:
        return holder.pid == 999  # all others have ended

    def progress(self, step: str, detail: str) -> None:
        self.testbed.said.append(f"{step}: {detail}")

    def confirm(self, running: Running) -> None:
        self.moment("confirm")
        if not self.testbed.confirmed:
            raise ClerkstackError("no")


class Watched:
    """The services, killed before and after each thing that they do."""

    def __init__(self, real: Services | Survey, process: Process) -> None:
        self._real, self._process = real, process

    def close(self) -> None:
        self._real.close()

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._real, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            self._process.moment(name)
            done = act(*arguments, **named)
            self._process.moment(f"{name} done")
            return done

        return watched


@lru_cache(maxsize=8)
def settings_of(raw: str) -> Settings:
    """Settings are frozen, and each run asks for them several times."""
    return load_settings(json.loads(raw), stack="dev")


def resource(kind: str, **outputs: Any) -> dict[str, Any]:
    name = kind.rpartition(":")[2]
    urn = f"urn:pulumi:dev::clerkstack::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "inputs": {}, "outputs": outputs}


def variable(target: str, key: str, project: Project, made: str) -> dict[str, Any]:
    kind = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
    return {
        "urn": f"urn:pulumi:dev::clerkstack::{kind}::{project.resource}-{target}-{key}",
        "type": kind,
        "custom": True,
        "inputs": {"key": key, "targets": [target], "projectId": project.project_id},
        "outputs": {"id": made},
    }


def hidden(value: str) -> dict[str, str]:
    assert shown(secret(value)) == value
    return secret(value)
