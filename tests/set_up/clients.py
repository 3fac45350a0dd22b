"""The contents of these tests' registries, and the variables that lead each client to them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.set_up.registry import Registry

MODULE = "example.com/tiny"
VERSION = "v1.0.0"


def wheel(name: str, version: str, files: dict[str, str] | None = None) -> bytes:
    """Return a wheel of one module, or of the files."""
    inside = {f"{name}/__init__.py": "", **(files or {})}
    facts = f"{name}-{version}.dist-info"
    inside[f"{facts}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    inside[f"{facts}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    inside[f"{facts}/RECORD"] = "".join(f"{at},,\n" for at in [*inside, f"{facts}/RECORD"])
    return _zip(inside)


def serve_wheel(registry: Registry, name: str, version: str, content: bytes) -> str:
    """Serve a wheel through the simple API of an index; return its line for a lock file."""
    digest = hashlib.sha256(content).hexdigest()
    file = f"{name}-{version}-py3-none-any.whl"
    registry.files[f"/files/{file}"] = content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        facts = archive.read(f"{name}-{version}.dist-info/METADATA")
    registry.files[f"/files/{file}.metadata"] = facts
    known = f'data-core-metadata="sha256={hashlib.sha256(facts).hexdigest()}"'
    page = f'<!DOCTYPE html><a href="/files/{file}#sha256={digest}" {known}>{file}</a>'
    registry.files[f"/simple/{name}/"] = page.encode()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def rewheel(name: str) -> tuple[str, bytes]:
    """Return the version of an installed package, and a wheel of its installed files."""
    found = metadata.distribution(name)
    facts = f"{name}-{found.version}.dist-info"
    inside: dict[str, str | bytes] = {}
    for file in found.files or []:
        content = Path(str(found.locate_file(file)))
        if "__pycache__" not in file.parts and content.name not in ("RECORD", "INSTALLER"):
            script = file.parts[0] == ".."
            at = f"{name}-{found.version}.data/scripts/{file.name}" if script else file.as_posix()
            inside[at] = content.read_bytes()
    record = f"{facts}/RECORD"
    return found.version, _zip(inside | {record: "".join(f"{at},,\n" for at in [*inside, record])})


def serve_packages(
    registry: Registry, folder: Path, names: tuple[str, ...] = ("tiny",)
) -> dict[str, str]:
    """Serve npm packages, and write a project that locks them; return the SHA-512 of each."""
    locked: dict[str, Any] = {}
    sums: dict[str, str] = {}
    for name in names:
        packed = io.BytesIO()
        facts = {"name": name, "version": "1.0.0"}
        inside = json.dumps(facts).encode()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("package/package.json")
            member.size = len(inside)
            archive.addfile(member, io.BytesIO(inside))
        content = packed.getvalue()
        path = f"/{name}/-/{name}-1.0.0.tgz"
        sums[name] = base64.b64encode(hashlib.sha512(content).digest()).decode()
        is_at = {"tarball": f"{registry.url}{path}", "integrity": f"sha512-{sums[name]}"}
        about = {
            "name": name,
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {**facts, "dist": is_at}},
        }
        registry.files |= {path: content, f"/{name}": json.dumps(about).encode()}
        locked[f"node_modules/{name}"] = {
            "version": "1.0.0",
            "resolved": is_at["tarball"],
            "integrity": is_at["integrity"],
        }
    needs = {"name": "top", "dependencies": dict.fromkeys(names, "1.0.0")}
    lock = {
        "name": "top",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": needs, **locked},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(needs))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return sums


def serve_modules(registry: Registry, folder: Path, names: tuple[str, ...] = (MODULE,)) -> None:
    """Serve Go modules, and write a program that needs them into the folder."""
    for name in names:
        rules = f"module {name}\n\ngo 1.20\n"
        package = name.rpartition("/")[2]
        inside = {"go.mod": rules, f"{package}.go": f"package {package}\n"}
        at = f"/{name}/@v/{VERSION}"
        registry.files[f"{at}.mod"] = rules.encode()
        registry.files[f"{at}.info"] = json.dumps({"Version": VERSION}).encode()
        registry.files[f"{at}.zip"] = _zip(
            {f"{name}@{VERSION}/{file}": text for file, text in inside.items()}
        )
    folder.mkdir(parents=True, exist_ok=True)
    needs = "".join(f"require {name} {VERSION}\n" for name in names)
    imports = "".join(f'import _ "{name}"\n' for name in names)
    (folder / "go.mod").write_text(f"module top\n\ngo 1.20\n\n{needs}")
    (folder / "main.go").write_text(f"package main\n\n{imports}\nfunc main() {{}}\n")


def variables(registry: Registry, home: Path) -> dict[str, str]:
    """Return variables for every client: only this registry, no user settings, no retries of its
    own."""
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{registry.url}/simple/",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_RETRIES": "0",
        "PIP_TRUSTED_HOST": "127.0.0.1",  # otherwise it caches nothing from unencrypted hosts
        "UV_NO_CONFIG": "1",
        "UV_HTTP_RETRIES": "0",
        "npm_config_registry": registry.url,
        "npm_config_update_notifier": "false",
        "GOPROXY": registry.url,
        "GONOSUMDB": "*",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
    }


def module_sum(content: bytes) -> str:
    """Return the hash of a module for go.sum."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = "".join(
            f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n"
            for name in sorted(archive.namelist())
        )
    return f"h1:{base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()}"


def _zip(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            archive.writestr(member, content)
    return packed.getvalue()
