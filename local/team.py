"""`python -m local.team`: a deployment whose state a team shares, all of it on this machine.

The state with its locks is in S3, the secrets are encrypted by a KMS key, both emulated by moto's
server; Clerk, Svix and Vercel are the local world; the engine and the policy pack are real. Exit
code 0: everything was as expected.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx

from local.aws import BUCKET, SIGNED, Aws, Place
from local.machine.steps import Steps
from local.project import SECRETS, Project, PulumiFailed, copy_project, settings_on
from local.world import World

STACK = "team"
POLICIES = ("--policy-pack", "policies/pack")
UNCHANGED = re.compile(r"\b(\d+) unchanged")
HOLDER = re.compile(r"created by \S+@\S+ \(pid \d+\) at \S+")
SECONDS_FOR_A_LOCK = 60.0
LAST = 1500  # characters of a failure that are shown
Check = Callable[[Project, Place], str]


class NotSo(Exception):
    """Something is not as expected."""


def main() -> int:
    """Return exit code 0 if everything is as expected."""
    steps = Steps("team")
    steps.say("starting S3, KMS and the local world")
    with tempfile.TemporaryDirectory(prefix="clerkstack-team-") as made:
        folder = Path(made)
        with Aws() as aws, World(folder / "world") as world:
            project = Project(copy_project(folder / "project"), world)
            project.shell = {**aws.variables, "PULUMI_BACKEND_URL": aws.backend}
            # A KMS key makes the passphrase unnecessary.
            project.shell["PULUMI_CONFIG_PASSPHRASE"] = ""
            for title, check in CHECKS:
                steps.say(title)
                try:
                    told = check(project, aws)
                except (NotSo, PulumiFailed) as failure:
                    steps.say(f"failed: {title}\n{str(failure)[-LAST:]}")
                    return 1
                print(f"  {title}: {told}", flush=True)
    return 0


def make(project: Project, aws: Place) -> str:
    """Create the stack in the bucket, with secrets by the key."""
    provider = ("--secrets-provider", aws.secrets_provider)
    project.init(STACK, settings_on(project.world), SECRETS, *provider)
    config = (project.folder / f"Pulumi.{STACK}.yaml").read_text()
    if "encryptionsalt" in config or f"secretsprovider: {aws.secrets_provider}" not in config:
        raise NotSo("the config is not encrypted by the key")
    return f"state in {aws.backend.partition('?')[0]}, secrets by {aws.secrets_provider}"


def deploy(project: Project, _: Place) -> str:
    """Run the first update, with the policies."""
    said = project.up(*POLICIES)
    if "✅" not in said:
        raise NotSo(f"the policies did not pass\n{said}")
    made = re.search(r"\+ (\d+) created", said)
    return f"{made[1]} resources made, policies passed" if made else said


def again(project: Project, _: Place) -> str:
    """Run a second update, which finds nothing to do and sends nothing."""
    project.world.clear_journal()
    said = project.up(*POLICIES)
    unchanged, asked = UNCHANGED.search(said), project.world.journal()
    if unchanged is None or asked:
        raise NotSo(f"{len(asked)} requests\n{said}")
    return f"{unchanged[1]} unchanged, no request"


def two_at_once(project: Project, aws: Place) -> str:
    """Start two updates: the second is refused, with the owner of the lock."""
    project.edit("catalog.yaml", ("amount: 6000", "amount: 6500"))
    words = project.command("up", "--yes", "--skip-preview", "--stack", STACK, *POLICIES)
    with (project.folder / "first.log").open("w") as log:
        first = subprocess.Popen(
            words, cwd=project.folder, env=project.environment, stdout=log, stderr=log
        )
        _wait_for_lock(aws, first)
        second = project.up(check=False)
        code = first.wait()
    holder = HOLDER.search(second)
    if "currently locked" not in second or holder is None:
        raise NotSo(f"the second update was not refused\n{second}")
    if code or f"(pid {first.pid})" not in holder[0]:
        raise NotSo((project.folder / "first.log").read_text())
    return f"refused, {holder[0]}; the first one ended well"


def read_the_bucket(_: Project, aws: Place) -> str:
    """Check that no object contains a secret in the clear."""
    keys = list(_objects(aws, ""))
    checkpoints = 0
    for key in keys:
        answer = httpx.get(f"{aws.url}/{BUCKET}/{key}", headers=SIGNED)
        content = answer.raise_for_status().text
        checkpoints += '"ciphertext"' in content
        for name, secret in SECRETS.items():
            if secret in content:
                raise NotSo(f"{name} is in the clear in {key}")
    if any("/locks/" in key for key in keys):
        raise NotSo("a lock is left")
    if not checkpoints:
        raise NotSo("no object has an encrypted secret")
    return f"{len(keys)} objects, {checkpoints} with encrypted secrets, none in the clear, no lock"


def take_down(project: Project, _: Place) -> str:
    """Destroy and remove the stack."""
    project.destroy()
    project.pulumi("stack", "rm", "--yes", "--stack", STACK)
    return "destroyed, stack removed"


def _wait_for_lock(aws: Place, holder: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_FOR_A_LOCK
    while not any(_objects(aws, ".pulumi/locks/")):
        if holder.poll() is not None or time.monotonic() > end:
            raise NotSo("the first update never took the lock")
        time.sleep(0.02)


def _objects(aws: Place, under: str) -> Iterator[str]:
    """Yield the keys of the backend's objects (S3, ListObjectsV2)."""
    prefix = f"{aws.folder}/{under}"
    token: dict[str, str] = {}
    while True:
        answer = httpx.get(
            f"{aws.url}/{BUCKET}",
            params={"list-type": "2", "prefix": prefix, **token},
            headers=SIGNED,
        )
        page = ElementTree.fromstring(answer.raise_for_status().content)
        name = page.tag.removesuffix("ListBucketResult")
        yield from (found.text or "" for found in page.iter(f"{name}Key"))
        more = page.findtext(f"{name}NextContinuationToken")
        if not more:
            return
        token = {"continuation-token": more}


CHECKS: tuple[tuple[str, Check], ...] = (
    ("a stack in S3, secrets by KMS", make),
    ("first update, with the policies", deploy),
    ("second update", again),
    ("two updates at once", two_at_once),
    ("what is in the bucket", read_the_bucket),
    ("taking it down", take_down),
)

if __name__ == "__main__":
    sys.exit(main())
