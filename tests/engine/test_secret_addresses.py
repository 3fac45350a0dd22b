"""The query of the webhook's URL and its headers stay encrypted in every state and output."""

from __future__ import annotations

import json
from pathlib import Path

from local.project import Project
from local.world import World
from tests.deployments import declared
from tests.engine.live import read_instance
from tests.kept import starts_from

QUERY, HEADER, CHANGED = "query-9f8Kq2Lm7XwZr4", "header-4Tn8Rb3Vc6Hy", "header-7Jd5Ws1Pq9Ze"
BYPASS = "x-vercel-protection-bypass"
URL = f"https://preview.sendero.example/api/webhooks/clerk?{BYPASS}={QUERY}"


def everything(project: Project) -> str:
    """Return the stored files: state, history, backups, notes."""
    files = [project.folder / "state", project.folder / ".clerkstack"]
    texts = [
        f.read_text(errors="replace") for file in files for f in file.rglob("*") if f.is_file()
    ]
    return "".join(texts) + json.dumps(project.state())


def set_secret(project: Project, path: str, value: str) -> None:
    words = ("config", "set", "--stack", project.stack, "--secret", "--path")
    project.pulumi(*words, f"clerkstack:{path}", value)


@starts_from(declared)
def test_they_are_in_no_state_and_no_output(project: Project, world: World) -> None:
    set_secret(project, "webhook.url", URL)
    set_secret(project, f'webhook.headers["{BYPASS}"]', HEADER)
    printed = project.preview()
    printed += project.up()
    [endpoint] = read_instance(world).endpoints
    assert endpoint.url == URL
    [app] = world.svix.apps().values()
    live = app.endpoints[endpoint.id]
    assert live.headers == {BYPASS: HEADER}

    set_secret(project, f'webhook.headers["{BYPASS}"]', CHANGED)
    changed = project.preview()
    assert BYPASS in changed  # the change is visible, the value is not
    printed += changed + project.up()
    assert live.headers == {BYPASS: CHANGED}
    printed += project.pulumi("refresh", "--yes", "--skip-preview").stdout
    printed += project.preview("--expect-no-changes")
    for words in (("drift",), ("doctor",), ("drift", "--show-addresses")):
        ran = project.clerkstack(*words)
        printed += ran.stdout + ran.stderr

    kept = everything(project) + printed
    assert [each for each in (QUERY, HEADER, CHANGED) if each in kept] == []
    assert Path(project.folder, "Pulumi.local.yaml").read_text().count("secure:") >= 2
    project.destroy()
    assert [each for each in (QUERY, HEADER, CHANGED) if each in everything(project)] == []
