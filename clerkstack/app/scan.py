"""All checks of plans, features, roles and permissions in an app's code."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clerkstack.app.evaluate import Evaluator
from clerkstack.app.listing import UNREAD, source_files
from clerkstack.app.modules import Modules
from clerkstack.app.reading import LARGEST, NotRead, read
from clerkstack.app.source import Unresolved
from clerkstack.app.uses import Untold, Use, uses_in
from clerkstack.problems import InputError, Problem

# A file without these bytes asks Clerk for nothing, and is not parsed.
_ASKS = re.compile(
    rb"\b(has|protect|Protect|Show|checkAuthorization\w*)\b"
    # An element that may be one of Clerk's by another name, which another file gave it.
    rb"|<[A-Z][\w.]*\s[^<]{0,400}?\b(plan|feature|role|permission|when)\s*="
)
_FOR = re.compile(rb"plan|feature|role|permission|auth|session|clerk", re.IGNORECASE)
# In files that are not read, only what can hardly be anything else.
_CLEARLY = re.compile(
    rb"\bhas(\.value)?\(\s*\{|\bcheckAuthorization\w*\(\s*\{|\bprotect\(\s*\{"
    rb"|<(Protect\s[^<>]*\b(plan|feature|role|permission)|Show\s[^<>]*when)\b"
)
# Bytes of a file that is looked through for what may ask.
_SEARCHED = 32 * 1024 * 1024


@dataclass(frozen=True)
class Scan:
    """What was found, in the order of files and lines; `files` is how many there are."""

    uses: tuple[Use, ...]
    untold: tuple[Untold, ...]
    files: int


def scan(
    root: Path,
    folders: Sequence[str] = (),
    *,
    modules: Modules | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Find every check below the root, or below some folders of it.

    Args:
        root: the app's checkout; nothing outside of it is read.
        folders: paths inside of it; none is all of it.
        modules: what was read of it before.
        tell: is given what is done, now and then.

    Raises:
        InputError: there is no code, or none in one of the folders.
    """
    root = root.resolve()
    modules = modules or Modules(root)
    evaluator = Evaluator(modules)
    files = source_files(root, folders)
    _refuse_empty(root, folders, files)
    found: list[Use | Untold] = []
    tell(f"the app: {len(files)} files")
    for number, file in enumerate(files):
        if number and number % 1000 == 0:
            tell(f"the app: {number} of {len(files)} files")
        modules.allowance.look(file)
        found += _of_file(file, root, modules, evaluator)
    return Scan(
        tuple(each for each in found if isinstance(each, Use)),
        tuple(each for each in found if isinstance(each, Untold)),
        len(files),
    )


def _refuse_empty(root: Path, folders: Sequence[str], files: Sequence[Path]) -> None:
    """An app in which nothing is read asks for nothing wrong: that is no answer."""
    if not files and not folders:
        message = "names an app in which no file of code is"
        mend = "Name the folder or repository with the app's code"
        raise InputError([Problem("clerkstack:app", None, "", message, mend)])
    empty = [each for each in folders if not any(it.is_relative_to(root / each) for it in files)]
    mend = "Name folders with code that is neither ignored by git nor built, and no link"
    if empty:
        raise InputError(
            Problem("clerkstack:app", None, "scan", f"names {each}, where no code is", mend)
            for each in empty
        )


def _of_file(file: Path, root: Path, modules: Modules, evaluator: Evaluator) -> list[Use | Untold]:
    name = file.relative_to(root).as_posix()
    try:
        text = read(file, root, _SEARCHED)
    except NotRead as error:
        return [Untold(name, 1, 1, str(error))]
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return [Untold(name, 1, 1, "is UTF-16, and only UTF-8 is read")]
    asks = _ASKS.search(text)
    if asks is None or _FOR.search(text) is None:
        return []
    if file.suffix in UNREAD:
        return _unread(name, text)
    if len(text) > LARGEST:
        at = _place(text, asks.start())
        return [Untold(name, *at, "is larger than 2 MiB, and not read. Leave it out of the scan")]
    try:
        return list(uses_in(modules.read(file), modules, evaluator, name))
    except Unresolved as error:
        return [Untold(name, error.line or 1, error.column or 1, error.message)]
    except RecursionError:
        return [Untold(name, 1, 1, "is nested too deeply, or imports in a circle")]


def _unread(name: str, text: bytes) -> list[Use | Untold]:
    ending = Path(name).suffix
    return [
        Untold(
            name,
            *_place(text, each.start()),
            f"asks Clerk in a {ending} file, and those are not read",
        )
        for each in _CLEARLY.finditer(text)
    ]


def _place(text: bytes, offset: int) -> tuple[int, int]:
    before = text[:offset]
    line = before[before.rfind(b"\n") + 1 :]
    return before.count(b"\n") + 1, len(line.decode(errors="replace")) + 1
