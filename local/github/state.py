"""The state of the emulated repository: comments of pull requests, artifacts, environments,
tokens."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field


@dataclass
class Comment:
    """A comment with its latest text."""

    id: int
    number: int
    login: str
    body: str
    edits: int = 0


@dataclass(frozen=True)
class Artifact:
    """An artifact of a job, as a ZIP archive."""

    id: int
    run: int
    name: str
    archive: bytes
    expired: bool = False


@dataclass(frozen=True)
class Environment:
    """An environment and its protection. `branches` are the patterns of the admitted branches; None
    admits all, "protected" the protected ones."""

    name: str
    reviewers: tuple[str, ...] = ()
    branches: tuple[str, ...] | str | None = None


@dataclass(frozen=True)
class Holder:
    """The owner of a token, and what it may do."""

    login: str
    installation: bool = True  # of a GitHub App, such as the token of a job, which has no GET /user
    writes: bool = True  # False for the token of a fork's pull request, or of a job that only reads
    reads_actions: bool = True


@dataclass
class Repository:
    """One repository."""

    name: str
    pull_requests: set[int] = field(default_factory=set)
    comments: dict[int, Comment] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    artifacts: list[Artifact] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    branches: tuple[str, ...] = ("main", "feature")
    protected: frozenset[str] = frozenset({"main"})
    id: int = 42
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def add(self, number: int, login: str, body: str) -> Comment:
        """Write a comment, as the site or the API does."""
        comment = Comment(next(self._ids), number, login, body)
        self.comments[comment.id] = comment
        return comment

    def leave(self, run: int, name: str, archive: bytes, *, expired: bool = False) -> Artifact:
        """Keep an artifact, as a job of a run does."""
        artifact = Artifact(next(self._ids), run, name, archive, expired)
        self.artifacts.append(artifact)
        return artifact

    def of(self, number: int) -> list[Comment]:
        """The comments of a pull request, oldest first."""
        return [each for _, each in sorted(self.comments.items()) if each.number == number]
