"""Parts of the set-up that some tests and `make app` need and `make up` does not.

`python3 -m local.machine.node` fetches them. If one is not available, .local/skipped has the reason
for the tests that need it. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part to fetch. `tool` is the program on PATH that fetches it."""

    name: str
    title: str
    tool: str

    def why_missing(self, project: Path = PROJECT) -> str:
        """Return one line: which part is missing, why, and what to do."""
        why = noted(project).get(self.name, "`make node` has not been run")
        return f"{self.title} ({self.name}): {why}"


VENDOR_CLIENTS = Part(
    name="vendor-clients", title="the official Clerk and Vercel clients", tool="npm"
)
EXAMPLE = Part(name="example", title="the example app's packages", tool="npm")
GITHUB = Part(name="github-api", title="GitHub's description of its API", tool="npm")
OPERATOR = Part(name="operator-crd", title="the operator's description of a Stack", tool="go")
ACTIONLINT = Part(name="actionlint", title="the checker of the workflows", tool="go")
PARTS = (VENDOR_CLIENTS, EXAMPLE, GITHUB, OPERATOR, ACTIONLINT)


def noted(project: Path = PROJECT) -> dict[str, str]:
    """Return the reasons why parts are missing, by name."""
    return {file.name: file.read_text().strip() for file in sorted(_folder(project).glob("*"))}


def note(part: Part, why: str, project: Path = PROJECT) -> None:
    """Record why a part is missing; the reason goes on one line."""
    _folder(project).mkdir(parents=True, exist_ok=True)
    (_folder(project) / part.name).write_text(" ".join(why.split()) + "\n")


def forget(part: Part, project: Path = PROJECT) -> None:
    """Record that a part is there."""
    (_folder(project) / part.name).unlink(missing_ok=True)


def _folder(project: Path) -> Path:
    return project / ".local" / "skipped"
