"""Runs the cutover on a production stack, and does what people and the vendor do meanwhile."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx

from local.project import Project
from local.world import World
from local.world import seed as seeded
from tests.engine.live import read_instance

HOST = "sendero.example"


def judged(project: Project, *words: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Return the exit code, the points with their findings, and the output."""
    ran = project.own_command("cutover", "--stack", "prod", "--json", *words)
    assert ran.returncode in (0, 1, 3), ran.stdout + ran.stderr
    points = json.loads(ran.stdout)["points"]
    return (
        ran.returncode,
        {e["point"]: {**e, **e["finding"]} for e in points},
        ran.stdout + ran.stderr,
    )


def sign(project: Project, point: str, *words: str) -> subprocess.CompletedProcess[str]:
    return project.own_command("cutover", "sign", point, "--stack", "prod", "--by", "Ana", *words)


def production(world: World) -> Any:
    return world.clerk.instance(seeded.APPLICATION_ID, "production")


def ask(world: World, method: str, path: str, body: Any = None) -> Any:
    key = read_instance(world, "production").secret_key
    answer = httpx.request(
        method,
        f"{world.urls.clerk}/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def set_config(world: World, **changes: Any) -> None:
    world.dashboard("set_config", environment="production", changes=changes)


def set_dns(world: World, domain: str = HOST, *, ready: bool) -> None:
    world.dashboard("set_dns", domain=domain, ready=ready)
    answer = httpx.post(
        f"{world.urls.clerk}/v1/platform/applications/{seeded.APPLICATION_ID}"
        f"/domains/{domain}/dns_check",
        headers={"Authorization": f"Bearer {seeded.PLATFORM_KEY}"},
    )
    assert answer.is_success, answer.text
