"""S3 and KMS on this machine, emulated by moto's server, for the state of a team.

The server is a separate process, because moto's state and warnings are process-wide. It ends with
the process that started it, when its standard input closes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

import httpx

TOP = Path(__file__).resolve().parents[1]
HOST, REGION, BUCKET = "127.0.0.1", "us-east-1", "clerkstack-state"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "emulated", "AWS_SECRET_ACCESS_KEY": "emulated"}
SECONDS_TO_END = 10
POLICIES = ("deploy", "deploy-dev", "review")
DOCUMENTED_BUCKET = "my-clerkstack-state"
DOCUMENTED_KEY = re.compile(r"arn:aws:kms:[^\"]+")
SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/20260101/"
    f"{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0"
}
"""Headers of a plain request for an object: moto requires a signature and does not verify it."""


@dataclass(frozen=True)
class Place:
    """The server's address, and its contents: a bucket with versions and two keys."""

    url: str
    keys: tuple[str, str]
    users: dict[str, tuple[str, str]]
    """Credentials with the rights of a policy in docs/aws, by the policy's name; see `rights`."""
    folder: str = "clerkstack"
    """The folder of the backend in the bucket."""

    @property
    def backend(self) -> str:
        """The URL of the bucket as the engine's backend."""
        options = {"endpoint": self.url, "region": REGION, "s3ForcePathStyle": "true"}
        return f"s3://{BUCKET}/{self.folder}?{urlencode(options, safe=':/')}"

    @property
    def secrets_provider(self) -> str:
        """The URL of the first key as the engine's secrets provider."""
        return self.provider(self.keys[0])

    def provider(self, key: str) -> str:
        """Return the URL of a key as the engine's secrets provider."""
        return f"awskms://{key}?region={REGION}"

    @property
    def variables(self) -> dict[str, str]:
        """Variables with which a shell reaches the server: credentials, and its address instead of
        AWS's."""
        return {
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def credentials(self, user: str) -> dict[str, str]:
        """Return the variables that make a shell one of the users."""
        key, secret = self.users[user]
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}

    @contextmanager
    def rights(self) -> Iterator[None]:
        """Enforce the users' rights in this block; otherwise everybody may do everything."""
        httpx.post(f"{self.url}/moto-api/reset-auth", content="0").raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.url}/moto-api/reset-auth", content="inf").raise_for_status()

    def object(self, key: str) -> str:
        """Return the URL of one of the backend's files, for a plain GET, PUT or DELETE with the
        headers `SIGNED`."""
        return f"{self.url}/{BUCKET}/{self.folder}/{key}"


class Aws:
    """The server, running inside a `with` block."""

    def __enter__(self) -> Place:
        """Start the server."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "local.aws"],
            cwd=TOP,
            # It is asked by http, and boto3 refuses a shell's that is empty.
            env={name: text for name, text in os.environ.items() if name != "AWS_CA_BUNDLE"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        if not told:
            raise RuntimeError("moto's server did not start: run python -m local.aws to see why")
        made = json.loads(told)
        users = {name: (key, secret) for name, (key, secret) in made["users"].items()}
        return Place(made["url"], tuple(made["keys"]), users)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> None:
    """Serve until standard input ends. Prints one line when it is ready."""
    import logging

    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    url = f"http://{HOST}:{server.get_host_and_port()[1]}"
    at = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }
    store, kms = boto3.client("s3", **at), boto3.client("kms", **at)
    store.create_bucket(Bucket=BUCKET)
    store.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    users = {}
    iam = boto3.client("iam", **at)
    for name in POLICIES:
        text = (TOP / "docs" / "aws" / f"{name}.json").read_text()
        # Each test has its own folder, with its stack in place of production.
        text = text.replace(f"{DOCUMENTED_BUCKET}/.pulumi", f"{BUCKET}/*/.pulumi")
        text = text.replace(DOCUMENTED_BUCKET, BUCKET).replace("clerkstack/prod", "*/local")
        # For a KMS key, moto checks whether the action is allowed for all keys.
        text = DOCUMENTED_KEY.sub("*", text)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=text)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        users[name] = (made["AccessKeyId"], made["SecretAccessKey"])
    print(json.dumps({"url": url, "keys": keys, "users": users}), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
