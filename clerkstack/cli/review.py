"""`clerkstack review`: what a change would do to each stack, for the pull request."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from clerkstack.app.git import head_of
from clerkstack.cli.exits import BAD_INPUT, DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.say import say
from clerkstack.problems import ClerkstackError
from clerkstack.review.comment import NO_LIMIT, SUMMARY_LIMIT, Occasion, comment, verdict
from clerkstack.review.pull_request import PullRequest, commit_of, pull_request, run_address
from clerkstack.review.running import Commands
from clerkstack.review.stacks import Review, Verdict, review_stack

PACK = "policies/pack"
CODES = {
    Verdict.CLEAR: DONE,
    Verdict.BLOCKED: FOUND,
    Verdict.BAD_INPUT: BAD_INPUT,
    Verdict.SERVICE_FAILED: REMOTE_FAILURE,
}


def review(
    stacks: Annotated[
        list[str], typer.Option("--stack", "-s", help="A stack to review; may be repeated.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="A file to write the whole text to, as Markdown.")
    ] = None,
    post: Annotated[
        bool, typer.Option("--post", help="Comment on the pull request, or renew the comment.")
    ] = False,
    number: Annotated[
        int | None,
        typer.Option("--pull-request", min=1, help="Its number; else GITHUB_EVENT_PATH says it."),
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(help="Whose comment is renewed; else the owner of GITHUB_TOKEN."),
    ] = None,
    pack: Annotated[str, typer.Option("--policy-pack", help="The policy pack.")] = PACK,
) -> None:
    """Tell for a pull request what it would do to each stack, and what stands against it.

    Each stack is previewed with the policy pack: changes, violations, and app, catalog and
    instance side by side, in one text. Reads only.

    The text is Markdown and goes to the screen, to --output, or with --post into one comment of
    the pull request that later runs renew (GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL are
    read; docs/pull-requests.md). In a workflow it is the summary of the job as well. It is told
    whatever the outcome. A secret is never shown.

    Exit codes, the worst of all stacks: 0 nothing blocks, 1 a violation or a disagreement blocks,
    2 bad input, 3 a service failed.
    """
    names = list(dict.fromkeys(stacks))
    where = pull_request(os.environ, number) if post else None
    # It is for the comment alone: what is started from here on is the pull request's own program.
    os.environ.pop("GITHUB_TOKEN", None)
    occasion = Occasion(
        commit=(where.commit if where else "")
        or commit_of(os.environ)
        or head_of(Path.cwd())
        or "",
        time=datetime.datetime.now(datetime.UTC),
        whole=run_address(os.environ),
    )
    reviews = _all(names, pack)
    _write(reviews, occasion, output, as_json=as_json, show=not (post or output))
    code = CODES[verdict(reviews)]
    if where is not None:
        code = max(code, _post(where, comment(reviews, occasion), author))
    if code:
        raise typer.Exit(code)


def _all(names: Sequence[str], pack: str) -> list[Review]:
    """Review all stacks at once: the engine mostly waits for processes it starts."""
    commands = Commands()
    with ThreadPoolExecutor(max_workers=len(names)) as pool, ended_like_interrupt():
        try:
            begun = [pool.submit(review_stack, each, pack, commands, _tell) for each in names]
            return [each.result() for each in begun]
        except BaseException:
            _tell("interrupted: ending the engine")
            commands.stop()
            raise


def _write(
    reviews: Sequence[Review],
    occasion: Occasion,
    output: Path | None,
    *,
    as_json: bool,
    show: bool,
) -> None:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    occasion = replace(occasion, whole="")
    whole = comment(reviews, occasion, NO_LIMIT)
    if output is not None:
        _put(output, whole, "w")
    if summary:
        _put(Path(summary), comment(reviews, occasion, SUMMARY_LIMIT), "a")
    if as_json:
        say(json.dumps(_as_json(reviews, occasion), indent=2, ensure_ascii=False))
    elif show:
        say(whole, nl=False)


def _put(file: Path, text: str, mode: Literal["w", "a"]) -> None:
    try:
        with file.open(mode, encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise ClerkstackError(f"{file} can't be written: {error.strerror}.") from None


def _as_json(reviews: Sequence[Review], occasion: Occasion) -> dict[str, Any]:
    return {
        "commit": occasion.commit,
        "time": occasion.time.isoformat(timespec="seconds"),
        "verdict": _word(verdict(reviews)),
        "stacks": [_stack(each) for each in reviews],
    }


def _stack(one: Review) -> dict[str, Any]:
    told: dict[str, Any] = {"stack": one.stack, "verdict": _word(one.verdict)}
    told["preview"] = asdict(one.preview) if one.preview else None
    agreement: Mapping[str, Any] | None = None
    if one.agreement is not None:
        blocking = [each.model_dump() for each in one.agreement.blocking()]
        agreement = {**one.agreement.model_dump(), "blocking": blocking}
    return {**told, "agreement": agreement, "troubles": [asdict(each) for each in one.troubles]}


def _word(one: Verdict) -> str:
    return one.name.lower().replace("_", " ")


def _post(where: PullRequest, body: str, author: str | None) -> int:
    """Post, and give the exit code of that: where it may not be written, the summary has it."""
    from clerkstack.clients.errors import Forbidden
    from clerkstack.clients.github import GithubClient
    from clerkstack.review.posting import author_of, post

    with GithubClient(token=where.token, base_url=where.api, repository=where.repository) as github:
        try:
            who = author or author_of(github, in_actions=where.in_actions)
            posted = post(github, where.number, body, who)
        except Forbidden as error:
            if not (where.of_fork and os.environ.get("GITHUB_STEP_SUMMARY")):
                raise
            _tell(
                "this pull request is of a fork, whose token may not comment "
                f"({error.status}): the review is in the summary of the run"
            )
            return DONE
    _tell(f"commented: {posted.html_url or posted.id}")
    return DONE


def _commit(where: PullRequest | None) -> str:
    """The commit that is reviewed, "" where that can't be told."""
    told = (where.commit if where else "") or commit_of(os.environ)
    return told or head_of(Path.cwd()) or ""


def _tell(step: str) -> None:
    say(step, err=True)
