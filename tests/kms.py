"""KMS for the stacks of tests: the passphrase would take each process of the engine 0.2 s of CPU.

Holds no key and no state, so that a stack which one process of the tests made can be opened by any
other. AWS's Encrypt and Decrypt, as its API reference describes them; moto's whole KMS is what the
tests of a team's state use (`local/aws.py`).
"""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from local import project
from local.aws import CREDENTIALS, HOST, REGION

KEY = "alias/of-the-tests"
PROVIDER = f"awskms://{KEY}?region={REGION}"
ARN = f"arn:aws:kms:{REGION}:111122223333:key/of-the-tests"
SEAL = b"sealed "


class Kms:
    """The service, in a thread of this process."""

    def __init__(self) -> None:
        """Listen, and serve."""
        self._server = ThreadingHTTPServer((HOST, 0), _Requests)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def variables(self) -> dict[str, str]:
        """What the shell of an engine needs to reach it."""
        return {
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_KMS": f"http://{HOST}:{self._server.server_port}",
            "AWS_EC2_METADATA_DISABLED": "true",
            # It is reached by http; the engine would read the authorities of the shell each time.
            "AWS_CA_BUNDLE": "",
        }

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """From now on, encrypt the secrets of new stacks."""
        for name, value in {**self.variables, project.PROVIDER: PROVIDER}.items():
            patch.setenv(name, value)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        if operation == "Encrypt":
            answer = {"CiphertextBlob": _text(SEAL + base64.b64decode(asked["Plaintext"]))}
        elif operation == "Decrypt":
            sealed = base64.b64decode(asked["CiphertextBlob"])
            answer = {"Plaintext": _text(sealed.removeprefix(SEAL))}
        else:
            self.send_error(400, "UnknownOperationException")
            return
        body = json.dumps({**answer, "KeyId": ARN}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _text(blob: bytes) -> str:
    return base64.b64encode(blob).decode()
