"""What the emulated repository has: comments of pull requests, and who holds which token."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field


@dataclass
class Comment:
    """A comment, as it was written last."""

    id: int
    number: int
    login: str
    body: str
    edits: int = 0


@dataclass(frozen=True)
class Artifact:
    """What a job of a run left, as a ZIP archive."""

    id: int
    run: int
    name: str
    archive: bytes
    expired: bool = False


@dataclass(frozen=True)
class Environment:
    """An environment, and what stands before a job that names it. `branches` are the patterns of
    those that may; None: all branches, and "protected": the protected ones."""

    name: str
    reviewers: tuple[str, ...] = ()
    branches: tuple[str, ...] | str | None = None


@dataclass(frozen=True)
class Holder:
    """Whose a token is, and what it may do."""

    login: str
    installation: bool = True  # a GitHub App's, as the token of a job: it has no GET /user
    writes: bool = True  # False: the token of a fork's pull request, or of a job that only reads
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
