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
class Holder:
    """Whose a token is, and what it may do."""

    login: str
    installation: bool = True  # a GitHub App's, as the token of a job: it has no GET /user
    writes: bool = True  # False: the token of a fork's pull request


@dataclass
class Repository:
    """One repository."""

    name: str
    pull_requests: set[int] = field(default_factory=set)
    comments: dict[int, Comment] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def add(self, number: int, login: str, body: str) -> Comment:
        """Write a comment, as the site or the API does."""
        comment = Comment(next(self._ids), number, login, body)
        self.comments[comment.id] = comment
        return comment

    def of(self, number: int) -> list[Comment]:
        """The comments of a pull request, oldest first."""
        return [each for _, each in sorted(self.comments.items()) if each.number == number]
