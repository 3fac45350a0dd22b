"""What others wrote where commands read: misplaced keys, and text with control sequences.

The text commands a terminal, GitHub's runner or a reader. No output repeats any of it unescaped.
"""

from __future__ import annotations

import json
import re

import httpx
import pytest

from local.world import seed
from tests.engine.written_app import PAGE
from tests.leaks.scene import Ended, Scene
from tests.leaks.search import Planted
from tests.leaks.test_commands import PROD, variables

pytestmark = pytest.mark.engine

KEYS = {
    "a secret key in a variable that is none": "sk_live_Zr4Tn8cVb29fKq2Lm7XwsWd1Ue3Yg5Hj6Ok",
    "a token of no form in a variable": "Q7tR2mW9xK4vB8nJ1zL5cF3d",
    "a password in another's variable": "pW-8sKd93jLqPz7Vx2",
    "a client secret in the place of an id": "GOCSPX-b7Nq3Xw9Lm2Kt8Rv5Zd1Hs6Jf",
    "a signing secret in a plan's description": "whsec_Mb6Vt4Rz8Kq1Wn5Xj3Lp9Sd7Fg2Hc0Yu",
    "a platform key in a plan's name": "ak_Tg5Hn2Mk8Vb4Xz7Qw1Er9Ty3Ui6Op0LsDf5Gh2Jk8Lz",
    "a password in the endpoint's address": "eP-7rTq42kVnXs9Lw3",
    "a token in the endpoint's query": "qT5vZ8nM2kX7wL4rJ9sB",
    "a key in the endpoint's description": "sk_test_Hn4Kq8Vz2Mx7Lw5Rt9Bs3Jd6Fg1Pc0YuEi",
    "a key in an address that forwards": "fW3hN8vK5tX2zM9qL7rD",
    "a secret key in the app's code": "sk_live_Wd9Ks3Lf7Gh2Jm5Xn8Cv4Bz6Qa1Er0TyUi",
}
ESC = "\x1b[2J\x9b31m\u202egnp\u200b\u2028\r\n::error::pwned\n##[error]x `` </td><b> | [a](//b)"
NAME = ESC.replace(":", "")  # Clerk takes no colon in one
RUNNER = re.compile(r"^\s*::[\w-]+.*::|##\[[\w-]+")

REPORTS = ("--html", "l.html", "--junit", "l.xml", "--sarif", "l.sarif")
RUNS = [
    ("check", *PROD, "--live", *REPORTS),
    ("check", *PROD, "--live", "--json"),
    ("drift", *PROD, *REPORTS),
    ("drift", *PROD, "--json"),
    ("doctor", *PROD, *REPORTS),
    ("doctor", *PROD, "--json"),
    ("dry-run", *PROD),
    ("probe", *PROD),
    ("parity", "--from", "local", "--to", "prod", *REPORTS),
    ("parity", "--from", "prod", "--to", "local", "--json"),
    ("cutover", *PROD, "--reference", "local", *REPORTS),
    ("cutover", *PROD, "--json"),
    ("review", *PROD, "--output", "l.md", "--post"),
    ("review", *PROD, "--json", *REPORTS),
    ("take-over", *PROD, "--dry-run"),
    ("rotate", *PROD, "--status", "--json"),
    ("rotate", *PROD, "--history"),
    ("adopt", *PROD, "--dry-run"),
    ("adopt", *PROD, "--dry-run", "--json"),
]
ENGINE = [
    ("preview", "--diff", *PROD),
    ("preview", *PROD, "--policy-pack", "policies/pack"),
]


@pytest.fixture(scope="module")
def written(scene: Scene) -> Scene:
    """The scene after people have written keys and worse wherever they can."""
    world, key = (
        scene.world,
        dict(zip(("url", "token", "other"), list(KEYS.values())[:3], strict=True)),
    )
    value = list(KEYS.values())
    at = f"{world.urls.vercel}/v10/projects/{seed.VERCEL_PROJECT_ID}/env"
    headers = {"Authorization": f"Bearer {seed.VERCEL_TOKEN}"}
    listed = httpx.get(at, headers=headers).raise_for_status().json()["envs"]
    own = {each["key"]: each for each in listed if each["target"] == ["production"]}
    for name, secret in (
        ("NEXT_PUBLIC_APP_URL", key["url"]),
        ("NEXT_PUBLIC_CLERK_SIGN_IN_URL", key["token"]),
    ):
        changed = httpx.patch(
            f"{world.urls.vercel}/v9/projects/{seed.VERCEL_PROJECT_ID}/env/{own[name]['id']}",
            headers=headers,
            json={"value": secret},
        )
        changed.raise_for_status()
    others = {"key": "DATABASE_URL", "value": f"postgres://me:{key['other']}@db.example/x?sslkey=1"}
    httpx.post(
        at, headers=headers, json={**others, "type": "plain", "target": ["production"]}
    ).raise_for_status()
    world.dashboard(
        "set_config",
        environment="production",
        changes={
            "connection_oauth_github": {"client_id": value[3]},
            "billing": {
                "plans": {
                    "pro": {"description": f"{ESC} {value[4]}", "name": f"Pro {value[5]}{NAME}"}
                },
                "features": {"audit_log_export": {"description": ESC, "name": NAME}},
            },
        },
    )
    with world._turns.threads:
        for app in world.svix.apps().values():
            for endpoint in app.endpoints.values():
                endpoint.url = f"https://me:{value[6]}@sendero.example/hook?x={value[7]}"
                endpoint.description = f"{ESC} {value[8]}"
                endpoint.headers = {"x-forward": value[9]}
        worker = world.vercel.projects["prj_worker"]
        worker.name = ESC
    lib = scene.project.folder / "web" / "src"
    (lib / "\x1b[31m::error::x\u202e.tsx").write_text(
        PAGE.replace("PLANS.pro.slug", json.dumps(f"{value[10]}\x1b\n::error::gone"))
    )
    return scene


def assert_nothing_out(scene: Scene, ended: Ended, written: str = "") -> None:
    text = f"{ended.stdout}\n{ended.stderr}\n{written}"
    assert Planted(KEYS.items()).find(text) == []
    for line in f"{ended.stdout}\n{ended.stderr}".splitlines():
        assert not RUNNER.search(line), line
        assert line.replace("\t", "").isprintable(), ascii(line)
    assert ended.leaks == []
    assert scene.left() == []


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_command_shows_no_key_and_obeys_no_text(written: Scene, words: tuple[str, ...]) -> None:
    scene = written
    before = {file: file.stat().st_mtime_ns for file in scene.project.folder.glob("l.*")}
    ended = scene.run("bin/clerkstack", *words, variables=variables(scene, words[0]))

    files = [
        file
        for file in scene.project.folder.glob("l.*")
        if before.get(file) != file.stat().st_mtime_ns
    ]
    texts = [file.read_text() for file in files]
    texts += [comment.body for comment in scene.github.comments()]
    reports = "\n".join(texts)
    assert_nothing_out(scene, ended, reports)
    for mark in ("\x1b", "\x9b", "\u202e", "\u200b"):
        assert mark not in reports
    assert not any("</td><b>" in file.read_text() for file in files if file.suffix == ".html")
    assert ended.code in (0, 1, 2), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    if "--json" in words and ended.code != 2:
        json.loads(ended.stdout)


@pytest.mark.parametrize("words", ENGINE, ids=" ".join)
def test_a_preview_shows_none_either(written: Scene, words: tuple[str, ...]) -> None:
    ended = written.run("pulumi", *words, "--non-interactive", "--color", "never")

    assert_nothing_out(written, ended)
