"""`clerkstack review`: shows on a pull request what the change would do to each stack."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from clerkstack.app.git import head_of
from clerkstack.cli.exits import BAD_INPUT, DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.remote import live_of, progress
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import stack_settings
from clerkstack.comparison.of_stack import Compared, compare_stack
from clerkstack.problems import ClerkstackError
from clerkstack.review.comment import NO_LIMIT, SUMMARY_LIMIT, Occasion, comment, verdict
from clerkstack.review.document import document
from clerkstack.review.pull_request import commit_of
from clerkstack.review.report import report_of
from clerkstack.review.run import reviewed
from clerkstack.review.stacks import Review, Verdict

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
        Path | None, typer.Option(help="A file to write the full text to, as Markdown.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="A file to write the review to, for `clerkstack comment`.")
    ] = None,
    pack: Annotated[str, typer.Option("--policy-pack", help="The policy pack.")] = PACK,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Show what a pull request would do to each stack, and what blocks it.

    Previews each stack with the policy pack, and shows in one text the changes, the violations, and
    a comparison of app, catalog and instance. Only reads. The text is Markdown and goes to the
    screen or to --output; in a workflow it is also the summary of the job. With --save, writes a
    file for `clerkstack comment`, which another job runs: this job runs the pull request's own
    program, so it must not have a token that may comment (docs/pull-requests.md). Shows the review
    whatever the outcome. Never shows a secret.

    Exit codes, the worst of all stacks: 0 nothing blocks, 1 a violation or a disagreement blocks,
    2 bad input, 3 a service failed.
    """
    files = ReportFiles(html, junit, sarif)
    names = list(dict.fromkeys(stacks))
    # From here on, child processes run the pull request's own program.
    if os.environ.pop("GITHUB_TOKEN", "") and os.environ.get("GITHUB_ACTIONS") == "true":
        report(
            "GITHUB_TOKEN is in the environment of this job, where the previewed program can "
            "read it. Remove it: `clerkstack comment` comments, in another job"
        )
    occasion = Occasion(
        commit=commit_of(os.environ) or head_of(Path.cwd()) or "",
        time=datetime.datetime.now(datetime.UTC),
    )
    with ended_like_interrupt():
        reviews = reviewed(names, pack, _compared, report)
    _write(reviews, occasion, output, save, as_json=as_json)
    files.write(report_of(reviews, occasion.commit, files.began))
    code = CODES[verdict(reviews)]
    if code:
        raise typer.Exit(code)


def _compared(stack: str) -> Compared:
    return compare_stack(stack, stack_settings(stack), live_of, progress)


def _write(
    reviews: Sequence[Review],
    occasion: Occasion,
    output: Path | None,
    save: Path | None,
    *,
    as_json: bool,
) -> None:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    whole = comment(reviews, occasion, NO_LIMIT)
    if save is not None:
        _put(save, json.dumps(document(reviews, occasion)), "w")
    if output is not None:
        _put(output, whole, "w")
    if summary:
        _put(Path(summary), comment(reviews, occasion, SUMMARY_LIMIT), "a")
    if as_json:
        say(json.dumps(document(reviews, occasion), indent=2, ensure_ascii=False))
    elif not (output or save):
        say(whole, nl=False)


def _put(file: Path, text: str, mode: Literal["w", "a"]) -> None:
    try:
        with file.open(mode, encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise ClerkstackError(f"{file} cannot be written: {error.strerror}.") from None
