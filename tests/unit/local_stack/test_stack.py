from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.engine.places import PROJECT

RUN = """
import sys
from pathlib import Path
from local.engine import Places
from local.stack import main
places = Places(project=Path(sys.argv[1]), recipes=Path(sys.argv[2]))
sys.exit(main(sys.argv[3:], places))
"""

# Writes down how it is called; `stack init` and `stack rm` keep the file backend's own file.
PULUMI = """#!/bin/sh
case "$1" in version) echo v3.300.0; exit 0 ;; esac
echo "pulumi $*" >> "$JOURNAL"
file="${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/clerkstack/local.json"
case "$1 $2" in
"stack init") mkdir -p "$(dirname "$file")"; echo '{}' > "$file" ;;
"stack rm") mv "$file" "$file.bak" ;;
"destroy "*) exit ${DESTROY_CODE:-0} ;;
esac
"""

WORLD = """
import os, sys
with open(os.environ["JOURNAL"], "a") as journal:
    print("world", *sys.argv[1:], file=journal)
"""


@dataclass
class Project:
    root: Path

    def run(self, *arguments: str, **environ: str) -> int:
        recipes = str(PROJECT / "local" / "engine")
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(self.root / "project"), recipes, *arguments],
            env={
                "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
                "PYTHONPATH": str(PROJECT),
                "JOURNAL": str(self.root / "journal"),
                **environ,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode

    def journal(self) -> list[str]:
        """What was called since the last look."""
        file = self.root / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name, text in (("pulumi", PULUMI), ("pulumi-language-python", "#!/bin/sh\n")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    # The folder's own `local.world` comes before the real one: commands run in this folder.
    world = tmp_path / "project" / "local" / "world"
    world.mkdir(parents=True)
    (world.parent / "__init__.py").touch()
    (world / "__init__.py").touch()
    (world / "__main__.py").write_text(WORLD)
    return Project(tmp_path)


UP = "pulumi up --stack local --policy-pack policies/pack --yes"


def test_the_first_up_starts_the_world_and_makes_the_stack(project: Project) -> None:
    code = project.run("up", "--refresh")

    assert code == 0
    assert project.journal() == ["world start", "pulumi stack init local", f"{UP} --refresh"]


def test_a_later_up_goes_straight_to_pulumi(project: Project) -> None:
    project.run("up")
    project.journal()

    code = project.run("up")

    assert code == 0
    assert project.journal() == ["world start", UP]


def test_a_preview_deploys_nothing_and_applies_the_policies(project: Project) -> None:
    project.run("preview")

    assert project.journal()[-1] == "pulumi preview --stack local --policy-pack policies/pack"


def test_down_destroys_removes_the_stack_and_stops_the_world(project: Project) -> None:
    project.run("up")
    project.journal()

    code = project.run("down")

    assert code == 0
    assert project.journal() == [
        "world start",
        "pulumi destroy --yes --stack local",
        "pulumi stack rm --yes --preserve-config --stack local",
        "world stop",
    ]


@pytest.mark.parametrize("before", [(), ("up", "down")])
def test_down_without_a_stack_only_stops_the_world(
    project: Project, before: tuple[str, ...]
) -> None:
    for command in before:
        project.run(command)
    project.journal()

    code = project.run("down")

    assert code == 0
    assert project.journal() == ["world stop"]


def test_a_failed_destroy_keeps_stack_and_world_for_another_try(project: Project) -> None:
    project.run("up")
    project.journal()

    code = project.run("down", DESTROY_CODE="4")

    assert code == 4
    assert project.journal() == ["world start", "pulumi destroy --yes --stack local"]


def test_the_env_file_for_a_persons_shell_is_there_after_up(project: Project) -> None:
    project.run("up")

    assert os.access(project.root / "project" / ".local" / "env.sh", os.R_OK)
