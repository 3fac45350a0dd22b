"""Which files of an app are looked at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clerkstack.app import listing
from clerkstack.app.scan import scan

CHECK = "export const f = ({ has }) => has({ plan: 'pro' })\n"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(CHECK)


def listed(root: Path, *folders: str) -> list[str]:
    return listing.listed(root, folders).code


def test_code_is_listed_and_what_is_built_or_installed_is_not(tmp_path: Path) -> None:
    write(
        tmp_path,
        *("a.ts", "b.tsx", "c.mts", "d.cts", "e.js", "f.jsx", "g.mjs", "h.cjs", "i.vue"),
        *("types.d.ts", "styles.css", "node_modules/p/a.ts", "x/node_modules/p/a.ts"),
        *(".next/a.js", ".git/a.js", "dist/a.js", "build/a.js", "x/build/page.tsx"),
        *("tests/fixtures/a.ts",),
    )

    assert listed(tmp_path) == [
        *("a.ts", "b.tsx", "c.mts", "d.cts", "e.js", "f.jsx", "g.mjs", "h.cjs", "i.vue"),
        *("tests/fixtures/a.ts", "x/build/page.tsx"),
    ]


def test_folders_can_be_named(tmp_path: Path) -> None:
    write(tmp_path, "src/a.ts", "src/b/c.ts", "tests/d.ts", "srcs/e.ts")

    assert listed(tmp_path, "src") == ["src/a.ts", "src/b/c.ts"]
    assert listed(tmp_path, "src/b", "tests/d.ts") == ["src/b/c.ts"]
    assert [use.file for use in scan(tmp_path, ["tests"]).uses] == ["tests/d.ts"]


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.ts", "generated/b.ts", "tests/fixtures/c.ts", "vendor/d.ts", "new.ts")
    (tmp_path / ".gitignore").write_text("generated/\ntests/fixtures\n")
    for words in (["init", "--quiet"], ["add", "a.ts", "vendor"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    (tmp_path / "vendor" / "d.ts").unlink()

    assert listed(tmp_path) == ["a.ts", "new.ts"]


def test_a_repository_inside_is_listed_too(tmp_path: Path) -> None:
    write(tmp_path, "a.ts", "inner/b.ts")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "inner")], check=True)

    assert listed(tmp_path) == ["a.ts", "inner/b.ts"]


@pytest.mark.parametrize("git", [False, True])
def test_no_link_is_followed(tmp_path: Path, git: bool) -> None:
    root = tmp_path / "app"
    write(root, "a.ts")
    write(tmp_path, "elsewhere/b.ts")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "c.ts").symlink_to(tmp_path / "elsewhere" / "b.ts")
    (root / "circle").symlink_to(root)
    if git:
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)

    assert listed(root) == ["a.ts"]


def test_a_constant_outside_of_the_app_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "app"
    root.mkdir()
    (tmp_path / "secret.ts").write_text("export const PRO = 'pro'\n")
    (root / "link.ts").symlink_to(tmp_path / "secret.ts")
    (root / "a.ts").write_text(
        "import { PRO } from './link'\nexport const f = ({ has }) => has({ plan: PRO })\n"
    )

    found = scan(root)

    assert found.uses == ()
    assert "is outside the app's checkout" in found.unresolved[0].message


def test_a_bundle_is_reported_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "bundle.js").write_text("//" + "x" * (2 * 1024 * 1024) + "\n" + CHECK)

    (unresolved,) = scan(tmp_path).unresolved

    assert (unresolved.line, unresolved.column) == (2, 21)
    assert "is larger than 2 MiB" in unresolved.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_file_in_another_encoding_is_reported(tmp_path: Path, encoding: str) -> None:
    text = "\ufeff" * (encoding == "utf-16-be") + "has({ plan: 'pro' })"
    (tmp_path / "a.ts").write_bytes(text.encode(encoding))

    found = scan(tmp_path)

    assert found.uses == ()
    assert [str(each) for each in found.unresolved] == [
        "a.ts:1:1: the file is UTF-16, and clerkstack reads only UTF-8"
    ]


def test_files_of_other_languages_that_name_clerk_are_reported(tmp_path: Path) -> None:
    write(tmp_path, "a.ts")
    for name, text in {
        "api/main.py": "import clerk_backend_api  # @clerk/backend\n",
        "go/main.go": 'import "github.com/clerk/clerk-sdk-go/v2"\n',
        "web/index.html": "<script src='https://x.clerk.accounts.dev'></script>\n",
        "api/clerks.py": "clerks = ['a']\n",
        "node_modules/x/a.py": "# clerk\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert scan(tmp_path).others == ("api/main.py", "go/main.go", "web/index.html")
    assert scan(tmp_path, unread=["*.html", "api/"]).others == ("go/main.go",)


def test_what_gitignore_names_is_left_out_without_git(tmp_path: Path) -> None:
    write(tmp_path, "a.ts", "generated/b.ts", "lib/c.ts", "lib/keep.ts", "lib/deep/c.ts")
    (tmp_path / ".gitignore").write_text("/generated\n")
    (tmp_path / "lib" / ".gitignore").write_text("*.ts\n!keep.ts\n")

    assert listed(tmp_path) == ["a.ts", "lib/keep.ts"]
