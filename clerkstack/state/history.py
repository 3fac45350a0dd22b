"""Earlier states of a stack in a file backend: a folder or a bucket.

The engine keeps the state after each update (`.pulumi/history`, and the same in
`.pulumi/backups`), and the previous checkpoint beside the current one (`.bak`). A bucket with
versioning has every checkpoint too. Pulumi Cloud keeps its own history:
`pulumi stack export --version`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from clerkstack.problems import ClerkstackError
from clerkstack.state.backends import folder_of
from clerkstack.state.failures import BackendFailed, remedy_of
from clerkstack.state.model import State

KEPT = re.compile(
    r"\.pulumi/(?:history|backups)/(?P<project>[^/]+)/(?P<stack>[^/]+)/"
    r"[^/]+?[-.](?P<time>\d{19})(?:\.checkpoint)?\.json(?:\.gz|\.zst)?$"
)
BEFORE = re.compile(
    r"\.pulumi/stacks/(?P<project>[^/]+)/(?P<stack>[^/]+)\.json(?:\.gz|\.zst)?"
    r"(?:\.bak|\?versionId=.+)$"
)
VERSION = "?versionId="
VERSIONS = 20  # only the newest versions of a checkpoint are read: an update writes dozens
GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Earlier:
    """An earlier state. `state` has its secrets encrypted; if it cannot be read, it is None and
    `why` has the reason."""

    key: str
    saved: datetime
    state: State | None
    why: str = ""

    @property
    def resources(self) -> int:
        """The number of its resources."""
        return 0 if self.state is None else len(self.state.entries)


class Store(Protocol):
    """The files of a backend."""

    def files(self) -> Iterator[tuple[str, datetime]]:
        """Their keys, from `.pulumi/` on, and when each was written."""

    def read(self, key: str) -> bytes:
        """One of them."""


class Folder:
    """A `file://` backend, or a copy of any other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> Iterator[tuple[str, datetime]]:
        """Their keys, from `.pulumi/` on, and when each was written."""
        for file in sorted(self._folder.glob(".pulumi/**/*")):
            if file.is_file():
                written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                yield file.relative_to(self._folder).as_posix(), written

    def read(self, key: str) -> bytes:
        """One of them."""
        return (self._folder / key).read_bytes()


class Bucket:
    """An `s3://` backend. Needs boto3; understands the same parts of an address as the engine:
    endpoint, region, profile, s3ForcePathStyle."""

    def __init__(self, backend: str, progress: Callable[[str], None]) -> None:
        self._progress = progress
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise ClerkstackError(
                "Reading a bucket needs boto3: .venv/bin/python -m pip install boto3. Or "
                "copy it with `aws s3 sync s3://…/.pulumi copy/.pulumi`, and add --history "
                "copy"
            ) from None
        parts = urlsplit(backend)
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        endpoint = options.get("endpoint")
        if endpoint and "://" not in endpoint:
            endpoint = f"https://{endpoint}"
        style = "path" if options.get("s3ForcePathStyle") == "true" else "auto"
        session = boto3.Session(
            region_name=options.get("region"), profile_name=options.get("profile")
        )
        self._client = session.client(
            "s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": style})
        )
        self._bucket = parts.netloc
        self._prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""

    def files(self) -> Iterator[tuple[str, datetime]]:
        """Their keys, from `.pulumi/` on, and when each was written."""
        with _explained():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}.pulumi/"):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._prefix), item["LastModified"]
            yield from self._versions()

    def read(self, key: str) -> bytes:
        """One of them."""
        name, _, version = key.partition(VERSION)
        which = {"VersionId": version} if version else {}
        with _explained():
            stored = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name, **which)
            content: bytes = stored["Body"].read()
        return content

    def _versions(self) -> Iterator[tuple[str, datetime]]:
        """Versions of the checkpoints; none if the bucket keeps none or does not show them."""
        from botocore.exceptions import ClientError

        pages = self._client.get_paginator("list_object_versions")
        counted: Counter[str] = Counter()
        prefix = f"{self._prefix}.pulumi/stacks/"
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for version in page.get("Versions", ()):
                    key = version["Key"].removeprefix(self._prefix)
                    counted[key] += 1
                    if counted[key] <= VERSIONS and version["VersionId"] != "null":
                        yield f"{key}{VERSION}{version['VersionId']}", version["LastModified"]
        except ClientError as error:
            self._progress(f"without the bucket's versions: {error}")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn errors of AWS into errors with a remedy."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        remedy = remedy_of(str(error)) or "Check the bucket's address and your permissions."
        raise BackendFailed(f"The bucket cannot be read: {error}\n{remedy}") from None


def store_of(
    backend: str, copy: Path | None, progress: Callable[[str], None] = lambda _message: None
) -> Store:
    """The store of a backend's files, or of a copy. `progress` reports what cannot be read and is
    not needed.

    Raises:
        ClerkstackError: it cannot be read from here.
    """
    if copy is not None:
        if not (copy / ".pulumi").is_dir():
            raise ClerkstackError(f"{copy} is not a copy of a backend: it has no folder .pulumi.")
        return Folder(copy)
    folder = folder_of(backend)
    if folder is not None:
        return Folder(folder)
    if backend.startswith("s3://"):
        return Bucket(backend, progress)
    raise ClerkstackError(
        f"The history in {backend.partition('?')[0]} cannot be read from here. Pulumi Cloud: "
        "pulumi stack export --version N, then pulumi stack import. Another bucket: copy its "
        "folder .pulumi, and add --history FOLDER."
    )


def earlier_states(store: Store, project: str, stack: str) -> list[Earlier]:
    """The earlier states of a stack, the newest first, without duplicates."""
    files = []
    for key, written in store.files():
        named = KEPT.match(key) or BEFORE.match(key)
        if named is None or (named["project"], named["stack"]) != (project, stack):
            continue
        if "history.json" in key.rpartition("/")[2]:
            continue
        nanoseconds = named.groupdict().get("time")
        at = datetime.fromtimestamp(int(nanoseconds) / 1e9, UTC) if nanoseconds else written
        files.append((at, key))
    # A bucket has times in whole seconds, and lists versions newest first: within a second, the
    # versions come first, in their order.
    files.sort(
        key=lambda file: (int(file[0].timestamp()), VERSION in file[1], file[0]), reverse=True
    )
    seen: set[bytes] = set()
    states = []
    for at, key in files:
        content = store.read(key)
        if content not in seen:
            seen.add(content)
            states.append(_state(key, at, content))
    return states


def _state(key: str, at: datetime, content: bytes) -> Earlier:
    if content.startswith(ZSTANDARD):
        return Earlier(key, at, None, "compressed with zstd: unpack it first")
    try:
        document = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
        latest = document["checkpoint"]["latest"]
        if not latest["manifest"]:
            raise KeyError("manifest")
        [each["urn"] for each in latest.get("resources") or ()]
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return Earlier(key, at, None, "damaged, or nothing was ever deployed")
    whole = {each: document[each] for each in ("version", "features") if each in document}
    return Earlier(key, at, State({**whole, "deployment": latest}))
