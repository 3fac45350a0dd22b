"""The commands as a person runs them: their output and their exit codes."""

from __future__ import annotations

import http.server
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer

from clerkstack import cli
from clerkstack.cli import app
from clerkstack.cli.commands import COMMANDS
from local.world import World
from local.world import seed as seeded

TOP = Path(__file__).parents[3]
PLANS = """
export const BILLING_FEATURES = { SSO: 'sso_saml' } as const
export const PLANS = {
  pro: { slug: 'pro', monthlyUsd: 60, annualMonthlyUsd: 50, features: [BILLING_FEATURES.SSO] },
}
"""


def variables(more: Mapping[str, str]) -> dict[str, str]:
    """Return a command's environment; "" in `more` removes a variable."""
    given = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **more}
    return {key: value for key, value in given.items() if value}


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, as bin/clerkstack does in its own."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        given = variables(environ)
        for name in os.environ.keys() - given.keys():
            patch.delenv(name)
        for name, value in given.items():
            patch.setenv(name, value)
        patch.chdir(TOP)
        patch.setattr(sys, "argv", ["clerkstack", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    code = int(ended.value.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def run_alone(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run bin/clerkstack."""
    return subprocess.run(
        [str(TOP / "bin" / "clerkstack"), *words],
        cwd=TOP,
        env=variables(environ),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_help_names_the_commands_and_the_exit_codes() -> None:
    ran = run_alone("--help")

    assert ran.returncode == 0
    for word in (*COMMANDS, "Exit codes: 0 done, 1 found something"):
        assert word in ran.stdout


def test_the_version_is_shown_without_a_command() -> None:
    ran = run_alone("--version")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("clerkstack 0.")


HOSTILE = "frob\x1b[2J\n::error::gone ##[group]x \u202e sk_live_4fJq9Lm7XwZrTn8cVb2"


@pytest.mark.parametrize("words", [(HOSTILE,), ("check", f"--{HOSTILE}"), ("check", HOSTILE)])
def test_the_words_of_a_command_are_shown_and_not_obeyed(words: tuple[str, ...]) -> None:
    ran = run(*words)

    assert ran.returncode == 2
    assert "4fJq9" not in ran.stdout + ran.stderr
    for line in (ran.stdout + ran.stderr).splitlines():
        assert line.isprintable()
        assert not line.strip().startswith("::")
        assert "##[" not in line


def test_a_mistake_in_this_program_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def mistake(**_: Any) -> None:
        raise RuntimeError(HOSTILE)

    # An earlier test's error of a provider leaves it in this process.
    monkeypatch.delattr(sys, "tracebacklimit", raising=False)
    monkeypatch.setattr(cli, "app", mistake)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    told = capsys.readouterr()
    assert ended.value.code == 1
    assert "RuntimeError: frob\\u001b[2J" in told.err
    assert "in mistake" in told.err
    assert "4fJq9" not in told.err
    assert "\n::" not in told.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("frob",),
        ("redeploy",),
        ("check", "--frob"),
        ("check", "--live"),
        ("check", "--stack", "prod", "--app", "plans.ts"),
        ("check", "--stack", "prod", "--catalog", "catalog.yaml"),
        ("parity",),
        ("parity", "--from", "dev"),
        ("parity", "--from", "dev", "--to", "dev"),
        ("parity", "--from", "dev", "--to", "prod", "--without", "config"),
        ("redeploy", "--project", "p", "--target", "prod"),
        ("redeploy", "--project", "p"),
        ("redeploy", "--project", "p", "--target", "preview", "--custom-environment", "staging"),
        ("redeploy", "--project", "p", "--target", "production", "--branch", "x"),
        ("redeploy", "--project", "p", "--target", "preview", "--timeout", "0"),
    ],
)
def test_wrong_use_ends_with_2(words: tuple[str, ...]) -> None:
    assert run(*words).returncode == 2


def test_check_of_the_catalog_alone() -> None:
    ran = run_alone("check")

    assert (ran.returncode, ran.stdout) == (0, "catalog.yaml: 4 plans, 13 features.\n")


def test_check_reports_every_problem_and_ends_with_2(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("plans:\n  a: {amount: 1.5}\n  b: {amount: -1}\n")

    ran = run("check", "--catalog", str(catalog))
    as_json = run("check", "--catalog", str(catalog), "--json")

    assert (ran.returncode, as_json.returncode) == (2, 2)
    assert "catalog.yaml:2: plans.a.amount" in ran.stderr
    assert "catalog.yaml:3: plans.b.amount" in ran.stderr
    paths = {problem["path"] for problem in json.loads(as_json.stdout)["problems"]}
    assert {"plans.a.amount", "plans.b.amount"} <= paths


def test_check_reports_the_mistakes_of_both_files(tmp_path: Path) -> None:
    catalog, app = tmp_path / "catalog.yaml", tmp_path / "plans.ts"
    catalog.write_text("plans:\n  a: {name: A, amount: 1.5}\n")
    app.write_text("export const PLANS = { pro: { slug: slugOf('pro'), features: [] } }\n")

    ran = run("check", "--catalog", str(catalog), "--app", str(app))

    assert ran.returncode == 2
    assert "catalog.yaml:2: plans.a.amount" in ran.stderr
    assert "plans.ts:1" in ran.stderr


def test_a_file_that_is_not_there_is_looked_for_where_the_command_runs(tmp_path: Path) -> None:
    no_catalog = run("check", "--catalog", str(tmp_path / "catalog.yaml"))
    no_app = run("check", "--app", str(tmp_path / "plans.ts"))

    assert (no_catalog.returncode, no_app.returncode) == (2, 2)
    assert "catalog.yaml: there is no such file. Run this in the project's" in no_catalog.stderr
    assert "plans.ts: there is no such file. Name the app's file" in no_app.stderr


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("no stack named 'nope' found", "`pulumi stack ls` lists the stacks"),
        ("no Pulumi.yaml project file found (searching …)", "Run this in the project's folder."),
    ],
)
def test_what_the_engine_refuses_is_reported_with_what_to_do(
    tmp_path: Path, said: str, remedy: str
) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f'#!/bin/sh\necho "error: {said}" >&2\nexit 255\n')
    pulumi.chmod(0o755)

    ran = run("drift", "--stack", "nope", PATH=f"{tmp_path}:/usr/bin:/bin")

    assert ran.returncode == 2
    assert f"error: {said}\n{remedy}" in ran.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_line_and_names_its_exit_codes(name: str) -> None:
    command: Any = typer.main.get_command(app)
    first, empty, *more = inspect.getdoc(command.commands[name].callback).splitlines()

    assert first.endswith(".")
    assert COMMANDS[name][1] == first  # as in `--help`, which imports no command
    assert empty == ""
    assert any(line.startswith("Exit codes") for line in more)


def test_check_against_the_app_ends_with_1_where_they_differ(tmp_path: Path) -> None:
    app = tmp_path / "plans.ts"
    app.write_text(PLANS.replace("slug: 'pro'", "slug: 'professional'"))

    ran = run("check", "--app", str(app))
    as_json = run("check", "--app", str(app), "--json")

    assert (ran.returncode, as_json.returncode) == (1, 1)
    assert "the app asks for the plan 'professional'" in ran.stderr
    assert json.loads(as_json.stdout)["findings"]
    assert json.loads(as_json.stdout)["problems"] == []


def test_check_finds_a_feature_that_no_plan_has(tmp_path: Path) -> None:
    plans, catalog = tmp_path / "plans.ts", tmp_path / "catalog.yaml"
    plans.write_text(
        "export const BILLING_FEATURES = { SSO: 'sso', AUDIT: 'audit' } as const\n"
        "export const PLANS = { pro: { slug: 'pro', features: [BILLING_FEATURES.SSO] } }\n"
    )
    catalog.write_text(
        "features: {sso: {name: SSO}, audit: {name: Audit}}\n"
        "plans: {pro: {name: Pro, amount: 1, features: [sso]}}\n"
    )

    ran = run("check", "--app", str(plans), "--catalog", str(catalog))
    catalog.write_text(catalog.read_text().replace("[sso]", "[sso, audit]"))
    plans.write_text(plans.read_text().replace("[BILL", "[BILLING_FEATURES.AUDIT, BILL"))
    fixed = run("check", "--app", str(plans), "--catalog", str(catalog))

    assert ran.returncode == 1
    assert "the app declares the feature 'audit', but no plan has the feature" in ran.stderr
    assert fixed.returncode == 0, fixed.stderr


def test_redeploy_builds_again_and_waits() -> None:
    with World() as world:
        ran = redeploy(world, run=run_alone)

        assert ran.returncode == 0, ran.stderr
        assert "READY. The new variables are live." in ran.stdout
        assert [entry.method for entry in world.journal()].count("POST") == 1


def test_redeploy_of_a_build_that_fails_ends_with_3() -> None:
    with World() as world:
        world.vercel.builds_break = True
        ran = redeploy(world)

    assert ran.returncode == 3
    assert "ended as ERROR" in ran.stderr


def test_redeploy_without_a_deployment_says_so(tmp_path: Path) -> None:
    with World() as world:
        world.vercel.deployments.clear()
        ran = redeploy(world)

    assert ran.returncode == 0
    assert "has no preview deployment yet: nothing to build again" in ran.stdout


def test_redeploy_with_a_wrong_token_ends_with_3_and_does_not_repeat_it() -> None:
    token = "wrong0123456789wrong0123"
    with World() as world:
        ran = redeploy(world, token)

    assert ran.returncode == 3
    assert "(403" in ran.stderr
    assert "pulumi config set --secret vercel:apiToken" in ran.stderr
    assert token not in ran.stderr + ran.stdout


@pytest.mark.parametrize(
    ("state", "status", "code"), [("ERROR", 200, 3), ("READY", 200, 0), ("ERROR", 500, 3)]
)
def test_redeploy_prints_no_token_that_vercel_repeats(state: str, status: int, code: int) -> None:
    """The command plugin shows and stores the command's output, and scrubs nothing."""
    token = "repeatedVercelToken00001"

    class Repeating(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made = {"uid": f"dpl_{token}", "name": token, "readyState": state, "state": "READY"}
            answer = {"deployments": [made], **made, "error": {"message": f"no {token}"}}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repeating) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        ran = run(
            *("redeploy", "--project", "prj_1", "--target", "preview"),
            VERCEL_API_TOKEN=token,
            VERCEL_API_URL=f"http://user:{token}@127.0.0.1:{server.server_address[1]}",
        )
        server.shutdown()

    assert ran.returncode == code, ran.stderr
    assert "dpl_…" in ran.stdout or status == 500
    assert token not in ran.stdout + ran.stderr


def test_redeploy_without_a_token_sends_nothing_and_ends_with_2() -> None:
    ran = run("redeploy", "--project", "p", "--target", "preview", VERCEL_API_TOKEN="")

    assert ran.returncode == 2
    assert "VERCEL_API_TOKEN is not set" in ran.stderr


def test_recover_without_an_engine_says_where_it_is() -> None:
    ran = run_alone(
        "recover", "--stack", "local", PATH=str(Path(sys.executable).parent) + ":/usr/bin:/bin"
    )

    assert ran.returncode == 2
    assert "pulumi is not on PATH" in ran.stderr
    assert "Traceback" not in ran.stderr


def redeploy(
    world: World,
    token: str = seeded.VERCEL_TOKEN,
    run: Callable[..., subprocess.CompletedProcess[str]] = run,
) -> subprocess.CompletedProcess[str]:
    return run(
        *("redeploy", "--project", seeded.VERCEL_PROJECT_ID, "--target", "preview"),
        VERCEL_API_TOKEN=token,
        VERCEL_API_URL=world.urls.vercel,
    )
