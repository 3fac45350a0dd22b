"""What an app reports about itself, and what counts as a proof."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.proof import NotProved, Prover
from clerkstack.settings.load import load_settings
from clerkstack.settings.models import Settings

KEY, SIGNING = SecretStr("sk_test_new"), SecretStr("whsec_" + "QUJD" * 8)
OLD = SecretStr("sk_test_old")
BOTH = {"clerk": KEY, "webhook": SIGNING}


@dataclass
class App:
    """An app with given answers; `health` are those answers in order."""

    address: str
    health: list[tuple[int, Any]] = field(default_factory=list)
    webhook: int = 200
    asked: int = 0
    delivered: list[str] = field(default_factory=list)

    def prover(self, patience: float = 5, **rotation: Any) -> Prover:
        return Prover(settings(self.address, **rotation), patience=patience, sleep=lambda _: None)


def settings(url: str, environment: dict[str, Any] | None = None, **rotation: Any) -> Settings:
    raw = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_1",
        "clerkstack:appUrl": url,
        "clerkstack:components": json.dumps({"environment": False}),
        "clerkstack:rotation": json.dumps(rotation),
        "clerkstack:environment": json.dumps(environment or {}),
    }
    return load_settings(raw, stack="dev")


def reported(key: SecretStr = KEY, signing: SecretStr = SIGNING, **more: Any) -> dict[str, Any]:
    prints = {
        "CLERK_SECRET_KEY": fingerprint(key),
        "CLERK_WEBHOOK_SECRET": fingerprint(signing),
    }
    return {"deployment": "dpl_1", "fingerprints": prints, **more}


@pytest.fixture
def app() -> Iterator[App]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = here.health[min(here.asked, len(here.health) - 1)]
            here.asked += 1
            self.answer(code, body)

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            here.delivered.append(json.loads(self.rfile.read(length))["type"])
            self.answer(here.webhook, {})

        def answer(self, code: int, body: Any) -> None:
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    here = App(f"http://127.0.0.1:{server.server_address[1]}")
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_runs_with_the_new_ones_is_proved(app: App) -> None:
    app.health = [(200, reported())]

    assert app.prover().prove(BOTH) == "dpl_1"
    assert app.delivered == ["clerkstack.test"]


def test_the_address_may_lead_to_the_old_one_for_a_while(app: App) -> None:
    app.health = [
        (200, reported(key=OLD)),
        (503, "busy"),
        (200, reported(key=OLD)),
        (200, reported()),
    ]

    assert app.prover(patience=60).prove(BOTH) == "dpl_1"
    assert app.asked >= 4


def test_an_app_reports_the_secrets_under_the_names_that_it_reads(app: App) -> None:
    prints = reported()["fingerprints"]
    prints["CLERK_WEBHOOK_SIGNING_SECRET"] = prints.pop("CLERK_WEBHOOK_SECRET")
    app.health = [(200, {"deployment": "dpl_1", "fingerprints": prints})]

    def prover(*names: str) -> Prover:
        environment = {"projectId": "prj_1", "names": [*names]}
        return Prover(settings(app.address, environment), patience=0.01, sleep=lambda _: None)

    assert prover("nextjs").prove(BOTH) == "dpl_1"
    assert prover("guide", "nextjs").prove(BOTH) == "dpl_1"
    with pytest.raises(NotProved, match="the fingerprint of CLERK_WEBHOOK_SECRET"):
        prover("guide").prove(BOTH)
    prints["CLERK_WEBHOOK_SECRET"] = "0" * 12
    with pytest.raises(NotProved, match="runs with another CLERK_WEBHOOK_SECRET "):
        prover("guide", "nextjs").prove(BOTH)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, reported(key=OLD)), "dpl_1 runs with another CLERK_SECRET_KEY"),
        ((200, {}), "does not report the fingerprint of CLERK_SECRET_KEY and CLERK_WEBHOOK_SECRET"),
        ((200, {"fingerprints": [1, 2]}), "does not report the fingerprint"),
        ((200, {"fingerprints": {"CLERK_SECRET_KEY": 5}}), "does not report the fingerprint"),
        ((404, {"error": "no"}), "healthPath"),
        ((200, "<html>"), "not"),
    ],
)
def test_what_is_no_proof(app: App, answer: Any, says: str) -> None:
    app.health = [answer]

    with pytest.raises(NotProved, match=says) as error:
        app.prover(patience=0.01).prove(BOTH)
    assert KEY.get_secret_value() not in str(error.value)
    with pytest.raises(NotProved) if answer[1] != reported(key=OLD) else _nothing():
        app.prover().look(BOTH)


def test_a_webhook_that_refuses_what_the_new_one_signs(app: App) -> None:
    app.health, app.webhook = [(200, reported())], 400

    with pytest.raises(NotProved, match="answered 400 to a test message"):
        app.prover(patience=0.01).prove(BOTH)
    assert app.prover(patience=0.01).prove({"clerk": KEY}) == "dpl_1"


def test_an_app_that_reports_no_fingerprints_if_the_stack_says_so(app: App) -> None:
    app.health = [(200, {"ok": True})]

    assert app.prover(fingerprints=False).prove(BOTH) is None
    assert app.delivered == ["clerkstack.test"]


def test_before_the_mint_another_secret_is_only_odd(app: App) -> None:
    app.health = [(200, reported(key=OLD))]

    (odd,) = app.prover().look(BOTH)

    assert "another CLERK_SECRET_KEY" in odd
    assert app.delivered == []


def test_nobody_there() -> None:
    prover = Prover(settings("http://127.0.0.1:9"), patience=0.01, sleep=lambda _: None)

    with pytest.raises(NotProved, match="refused: nothing listens there"):
        prover.prove(BOTH)


class _nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
