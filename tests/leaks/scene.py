"""A deployment with everything that holds a secret, and each command on it watched."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from local.github import Github
from local.github import github as github_seeds
from local.project import PASSPHRASE, Project
from local.world import World, minted, seed
from tests.leaks.search import Planted
from tests.leaks.watch import Clean, Program, Watch, files_of, in_files

OAUTH_SECRET = 'GOCSPX-"9f/Kq+2Lm&7XwZr4Tn8'  # with what JSON, HTML and URLs write otherwise
EVERYBODY_S = (".venv", "__pycache__")
TIMEOUT = 240.0
ALWAYS = (
    ("the platform key", seed.PLATFORM_KEY),
    ("the Vercel token", seed.VERCEL_TOKEN),
    ("the passphrase", PASSPHRASE),
    ("the OAuth client secret", OAUTH_SECRET),
    ("the GitHub token", github_seeds.TOKEN),
)


@dataclass
class Ended:
    """A command that ended, and every place where it let a secret out."""

    code: int
    stdout: str
    stderr: str
    leaks: list[str]
    programs: list[Program] = field(repr=False)


@dataclass
class Scene:
    """The project, its world, and a folder for temporary files that is watched."""

    project: Project
    world: World
    github: Github
    temporary: Path
    forking: int
    """The number of the process whose children are forks."""
    others: frozenset[tuple[str, str]] = field(repr=False)
    """What other worlds gave out: not to be looked for."""
    _planted: Planted = field(default_factory=Planted, repr=False)
    _clean: Clean = field(default_factory=Clean, repr=False)
    _searched: int = 0  # the last request of the journal that was searched

    def planted(self) -> Planted:
        """All secrets so far."""
        for name, value in (*ALWAYS, *minted.given_out):
            if (name, value) not in self.others:
                self._planted.add(name, value)
        return self._planted

    def run(self, *words: str, variables: Mapping[str, str] = MappingProxyType({})) -> Ended:
        """Run a command in the project; look everywhere."""
        self.temporary.mkdir(exist_ok=True)
        environment = {**self.project.environment, "TMPDIR": str(self.temporary), **variables}
        with Watch(self.planted(), self.temporary) as watch:
            process = subprocess.Popen(
                words,
                cwd=self.project.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            watch.follow(process.pid, self.forking)
            stdout, stderr = process.communicate(timeout=TIMEOUT)
        planted = self.planted()
        leaks = [f"stdout: {each}" for each in planted.find(stdout)]
        leaks += [f"stderr: {each}" for each in planted.find(stderr)]
        leaks += [f"arguments of {each}" for each in watch.in_arguments()]
        leaks += [f"environment of {each}" for each in watch.in_environments(may_hold)]
        leaks += [f"temporary file {each}" for each in watch.loose]
        leaks += self.in_what_stays(planted)
        return Ended(process.returncode, stdout, stderr, leaks, watch.programs)

    def in_what_stays(self, planted: Planted) -> list[str]:
        """Files of the project (state, history, backups, reports, notes, the engine's own folder)
        and temporary ones, comments, the journal of requests."""
        entries = [each for each in self.world.journal() if each.seq > self._searched]
        self._searched = max([self._searched, *(entry.seq for entry in entries)])
        requests = json.dumps([entry.to_json() for entry in entries])
        comments = json.dumps([comment.body for comment in self.github.comments()])
        places = [self.project.folder, self.temporary]
        leaks = in_files(planted, places, without=EVERYBODY_S, clean=self._clean)
        leaks += [f"the journal of requests: {each}" for each in planted.find(requests)]
        leaks += [f"a comment: {each}" for each in planted.find(comments)]
        return leaks

    def left(self) -> list[str]:
        """Temporary files that are still there."""
        return [str(file.relative_to(self.temporary)) for file in files_of(self.temporary)]


_OPENED = "the platform key|the Vercel token|the OAuth client secret"
HOLDERS = (
    (r"^(sh|dirname|python\S*) clerkstack\b", "the passphrase", "the shell of who runs it has it"),
    (
        r"^(pulumi|python\S* (pulumi|policies|start\.py|pip|packages\.py)"
        r"|(sh|dirname) (pulumi-|pack)|sh python-of-the-host|python3?$|cat packages)",
        "the passphrase",
        "the engine opens the stack's secrets with it, and hands its environment to its plugins",
    ),
    (
        r"^(sh )?python\S* pulumi-language-python-exec",
        _OPENED,
        "so the engine gives a program settings",
    ),
    (r"^python\S* start\.py vercel|pulumi-resource-vercel", "the Vercel token", "it sends with it"),
    (
        r"clerkstack redeploy|^dirname clerkstack$",
        "the Vercel token",
        "it sends with it; an option would be seen",
    ),
    (
        r"^(sh|dirname|python\S*) clerkstack( comment| doctor|$)",
        "the GitHub token",
        "it asks GitHub with it, and starts nothing that has it",
    ),
)
"""Who may have which secret in its environment, and why. Everybody else may have none: git, node,
and whatever else a command may come to start."""


def may_hold(program: Program, secret: str) -> bool:
    """Whether a program needs a secret that is in its environment."""
    return any(
        re.search(who, program.name) and re.fullmatch(which, secret) for who, which, _ in HOLDERS
    )
