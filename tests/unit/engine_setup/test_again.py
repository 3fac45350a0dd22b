"""Which failures a retry can fix, judged by the clients' output, and how long it retries."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from local.machine import again
from local.machine.again import PATIENCE_VARIABLE, Refused, patience_of, pauses, refusal
from local.machine.steps import CommandFailed, Steps

URL = "https://registry.example/thing"
PASSING = [
    f"main.go:3:8: example.com/tiny@v1.0.0: reading {URL}.zip: 403 Forbidden",
    f"go: example.com/tiny@v1.0.0: reading {URL}.mod: 502 Bad Gateway",
    f'go: a/b@v1: Get "{URL}.zip": dial tcp 127.0.0.1:1: connect: connection refused',
    f'go: a/b@v1: Get "{URL}.zip": read tcp [::1]:1->[::1]:2: read: connection reset by peer',
    f'go: a/b@v1: Get "{URL}.zip": net/http: TLS handshake timeout',
    f'go: a/b@v1: read "{URL}.zip": unexpected EOF',
    "npm error code E403",
    "npm ERR! code E429",
    "npm error code ECONNRESET",
    "npm error code ETIMEDOUT",
    f"  ERROR: HTTP error 429 while getting {URL}.whl",
    f"Could not fetch URL {URL}/: connection error: the connection was closed without a reply from "
    "the server. - skipping",
    "╰─> registry.example didn't respond within 15 seconds",
    "╰─> [Errno 111] Connection refused",
    f"2026-11-29T10:01:42,991 Could not fetch URL {URL}: 403 Client Error: Forbidden for url: x",
    "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='h', port=443): "
    "Max retries exceeded with url: /f (Caused by ResponseError('too many 503 error responses'))",
    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='h', port=443): "
    "Read timed out.",
    f"  cause: HTTP status server error (503 Service Unavailable) for url ({URL})",
    f"hint: An index ({URL}) returned a 403 Forbidden error. Check that the index URL is correct",
    "  Caused by: Connection reset by peer (os error 104)",
    "  cause: operation timed out",
]
STAYING = [
    "verifying example.com/tiny@v1.0.0: checksum mismatch",
    f"main.go:3:8: example.com/tiny@v1.0.0: reading {URL}.zip: 404 Not Found",
    'go.mod:5: no matching versions for query "v2.0"',
    "x.go:3:1: syntax error: unexpected EOF, expecting }",
    "x.go:3:1: undefined: timeout",
    'go: a/b@v1: Get "https://nowhere.invalid/x": dial tcp: lookup nowhere.invalid: no such host',
    "npm error code EINTEGRITY",
    "npm error code ETARGET",
    "npm error code E404",
    "npm error code ENOTFOUND",
    "npm error code E401",
    "ERROR: No matching distribution found for tiny==2.0",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProtocolError('Connection "
    "aborted.', ConnectionResetError(104, 'Connection reset by peer'))': /simple/tiny/",
    "  cause: Hash mismatch for `tiny==1.0`",
    "  cause: Because there is no version of tiny==2.0 and you require tiny==2.0",
]


@pytest.mark.parametrize("line", PASSING)
def test_a_refusal_that_passes(line: str) -> None:
    assert refusal(["something before", line, "something after"])


@pytest.mark.parametrize("line", STAYING)
def test_what_another_try_cannot_fix(line: str) -> None:
    assert refusal(["something before", line, "something after"]) is None


def test_what_stays_counts_more_than_what_passes() -> None:
    assert refusal([PASSING[0], STAYING[0]]) is None


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (
            ["npm error code E503", f"npm error 503 Service Unavailable - GET {URL}"],
            f"503 Service Unavailable - GET {URL}",
        ),
        (
            [
                "npm error code ECONNRESET",
                f"npm error network request to {URL} failed, reason: read ECONNRESET",
            ],
            f"request to {URL} failed, reason: read ECONNRESET",
        ),
        (
            [
                f"error: Failed to fetch: {URL}",
                "  cause: client error (SendRequest)",
                "  cause: Connection reset by peer (os error 104)",
            ],
            f"{URL}: Connection reset by peer (os error 104)",
        ),
        (["  ERROR: HTTP error 429 while getting x"], "HTTP error 429 while getting x"),
    ],
)
def test_a_refusal_names_what_was_refused(lines: list[str], shown: str) -> None:
    assert refusal(lines) == shown


def test_the_pauses_grow_up_to_a_minute_and_are_the_patience_in_all() -> None:
    assert list(pauses(300)) == [2, 4, 8, 16, 32, 60, 60, 60, 58]
    assert list(pauses(0)) == []
    assert sum(pauses(0.3)) == pytest.approx(0.3)
    assert len(list(pauses(0.3))) == 5


def test_the_patience_is_that_of_the_variable() -> None:
    assert patience_of({}) == 300
    assert patience_of({PATIENCE_VARIABLE: "7.5"}) == 7.5


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_a_patience_that_is_none_is_reported(text: str) -> None:
    with pytest.raises(OSError, match=f"{PATIENCE_VARIABLE} is no number of seconds: {text}"):
        patience_of({PATIENCE_VARIABLE: text})


def run(folder: Path, script: str, **environ: str) -> str:
    """Run a script as a client that downloads; return the messages about it."""
    said = io.StringIO()
    again.run(
        Steps("test", said),
        ["/bin/sh", "-c", script],
        part="the thing",
        environ={**os.environ, PATIENCE_VARIABLE: "0.1", **environ},
        cwd=folder,
    )
    return said.getvalue()


def test_when_the_patience_is_at_its_end_the_last_refusal_is_reported(tmp_path: Path) -> None:
    script = 'echo x >> tries; echo "npm error code E50$(($(wc -l < tries)))"; exit 1'

    with pytest.raises(Refused) as caught:
        run(tmp_path, script)

    assert len((tmp_path / "tries").read_text().split()) == 6
    assert str(caught.value) == (
        "the thing cannot be fetched, refused 6 times, at last with: npm error code E506"
    )


def test_no_password_of_a_registry_is_reported(tmp_path: Path) -> None:
    refused = "reading https://me:secret@registry.example/x.zip: 503 Service Unavailable"
    script = f"[ -e tried ] && exit 0; touch tried; echo '{refused}'; exit 1"

    said = run(tmp_path, script)

    assert "reading https://registry.example/x.zip: 503" in said
    with pytest.raises(CommandFailed) as caught:
        run(tmp_path, "echo https://me:$WORD@registry.example/ is wrong; exit 1", WORD="secret")
    assert caught.value.lines == ["https://registry.example/ is wrong"]
