"""Retries a fetch that is refused for a while: decides which refusals may pass, how often and how
long.

It recognizes refusals in the output of pip, uv, npm and go. Errors that a second try cannot fix
(another hash, an unknown version, a compiler's error, a full disk) are raised at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.machine.steps import CommandFailed, Describe, Steps, masked, nothing_new

PATIENCE_VARIABLE = "CLERKSTACK_PATIENCE_SECONDS"
"""The variable with the total seconds that one fetch waits between its tries; 0 tries once."""

PATIENCE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0

NPM = {"npm_config_fetch_retries": "0"}
"""For npm, whose own retries would wait silently for more than a minute."""

_STATUS = r"(?:403|408|425|429|5\d\d)"
_PIP = r"ERROR: |Could not fetch URL "
_PASSES = [
    # go
    rf"\breading https?://\S+: {_STATUS}\b",
    r'\b(?:Get|Head|read) "https?://[^"]+": .*(?:reset by peer|refused|timeout|timed out|EOF'
    r"|deadline exceeded|broken pipe|GOAWAY|stream error)",
    # npm
    rf"^npm (?:error|ERR!) code E{_STATUS}$",
    r"^npm (?:error|ERR!) code (?:ECONN(?:RESET|REFUSED|ABORTED)|E(?:SOCKET)?TIMEDOUT|EPIPE"
    r"|EIDLETIMEOUT|ERR_SOCKET_TIMEOUT|ERR_STREAM_PREMATURE_CLOSE)$",
    # pip: only its log names each index
    rf"(?:{_PIP}).*(?:\b{_STATUS} (?:Client|Server) Error|HTTP error {_STATUS}"
    rf"|too many {_STATUS} error responses)",
    rf"(?:{_PIP}|urllib3\.exceptions\.).*(?:Connection (?:aborted|broken)"
    r"|IncompleteRead|[Tt]imed out|Connection refused|enough bytes)",
    # pip 26 and newer has its own wording
    r"the connection was closed without a reply|didn't respond within [\d.]+ seconds"
    r"|╰─> .*Connection refused",
    # uv
    rf"\bHTTP status (?:client|server) error \({_STATUS}\b",
    rf"\breturned an? {_STATUS} ",
    r"^\s*(?:cause|Caused by): .*(?:Connection (?:reset|refused)|timed out|network timeout"
    r"|end of file before|connection closed|broken pipe)",
]
_STAYS = [
    r"checksum mismatch|SECURITY ERROR|\bEINTEGRITY\b|DO NOT MATCH THE HASHES|Hash mismatch",
    r"No space left on device|\bENOSPC\b",
    r"\breading https?://\S+: (?:404|410)\b",
    r"^npm (?:error|ERR!) code (?:E404|ETARGET)$",
]
_MORE = re.compile(
    r"npm (?:error|ERR!) (?:(?P<npm>\d{3} .+)|(?:network|FetchError:) (?P<network>.+))"
    r"|error: Failed to fetch: (?P<uv>.+)",
)
_PASSING = re.compile("|".join(_PASSES))
_STAYING = re.compile("|".join(_STAYS))
_BEFORE = re.compile(r"^(?:[\d:T,-]{23} )?(?:ERROR: |cause: |Caused by: )?")
_SHOWN = 150
"""Characters that are shown of each end of a long line."""


class Refused(CommandFailed):
    """A fetch was refused until the patience ran out.

    Attributes:
        part: what should have been fetched.
        refusal: the last refusal, in the client's words.
    """

    def __init__(self, error: CommandFailed, part: str, refusal: str, tries: int) -> None:
        super().__init__(error.command, error.code, error.lines)
        self.part, self.refusal = part, refusal
        times = "once" if tries == 1 else f"{tries} times"
        self.args = (f"{part} cannot be fetched, refused {times}, at last with: {refusal}",)


def run(
    steps: Steps,
    command: Sequence[str],
    *,
    part: str,
    environ: Mapping[str, str],
    cwd: Path,
    describe: Describe = nothing_new,
    limit: float = 3600,
    log: Path | None = None,
    patience: float | None = None,
) -> None:
    """Run a command that fetches `part`; retry after a pause as long as it is refused.

    Args:
        limit: seconds that one try may take.
        log: the command's log file, which is searched for refusals too.
        patience: total seconds to wait; None takes the variable.

    Raises:
        Refused: every try was refused.
        CommandFailed: it failed, and another try can't help.
        OSError: it can't be started, or the variable is not a number of seconds.
    """
    waits = pauses(patience_of(environ) if patience is None else patience)
    tries = 0
    while True:
        tries += 1
        if log is not None:
            log.unlink(missing_ok=True)
        try:
            steps.run(command, environ=environ, cwd=cwd, describe=describe, limit=limit)
        except CommandFailed as error:
            refused = refusal([*error.lines, *_lines(log)])
            if refused is None:
                raise
            pause = next(waits, None)
            if pause is None:
                raise Refused(error, part, refused, tries) from error
        else:
            return
        steps.say(f"{part}: {refused}; again in {pause:.2g} s")
        time.sleep(pause)


def patience_of(environ: Mapping[str, str]) -> float:
    """Return the total seconds to wait. Raise OSError if the variable is not such a number."""
    text = environ.get(PATIENCE_VARIABLE, "")
    try:
        seconds = float(text) if text else PATIENCE_SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise OSError(f"{PATIENCE_VARIABLE} is no number of seconds: {text}")
    return seconds


def pauses(total: float) -> Iterator[float]:
    """Yield the seconds between the tries, doubling up to a minute, with the sum `total`."""
    pause, left = min(FIRST_PAUSE_SECONDS, total / 16), total
    while left > 1e-6:
        yield min(pause, left)
        left -= pause
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def refusal(lines: Sequence[str]) -> str | None:
    """Return the refusal in a failed command's output, on one line; None if another try can't
    help."""
    if any(_STAYING.search(line) for line in lines):
        return None
    told = next((line for line in lines if _PASSING.search(line)), None)
    if told is None:
        return None
    more = next(filter(None, map(_MORE.search, lines)), None)
    shown = _BEFORE.sub("", told.strip())
    if more is not None:
        shown = more["npm"] or more["network"] or f"{more['uv']}: {shown}"
    return shown if len(shown) <= 2 * _SHOWN else f"{shown[:_SHOWN]} … {shown[-_SHOWN:]}"


def _lines(log: Path | None) -> list[str]:
    if log is None or not log.exists():
        return []
    return masked(log.read_text(errors="replace")).splitlines()
