"""The engine's lists of words, read when a password is judged and not at each start.

`pulumi config set` asks zxcvbn-go whether a value looks like a secret. That module unpacks and
sorts its lists as the process starts, whatever it was started for: two fifths of the CPU that
`pulumi version` takes (`GODEBUG=inittrace=1` shows it). The build takes a copy of the module that
does so at the first question. It answers as before.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MODULE = "github.com/ccojocar/zxcvbn-go"
EDITS = {
    "frequency/frequency.go": [("func init() {\n", "// Load fills Lists.\nfunc Load() {\n")],
    "matching/matching.go": [
        # Its one caller loads the lists where they are not there.
        ("func init() {\n\tloadFrequencyList()\n}\n", ""),
        (
            "\tfor n, list := range frequency.Lists {\n",
            "\tfrequency.Load()\n\tfor n, list := range frequency.Lists {\n",
        ),
    ],
}


class OtherModule(Exception):
    """The module is not the one that the edits were made for; the message says where."""


def lazy_copy(module: Path, target: Path) -> None:
    """Write a copy of the module that reads its lists when they are asked for.

    Args:
        module: folder of its sources.
        target: the folder to write; must not be there.

    Raises:
        OtherModule: a line to be changed is not in it exactly once.
        OSError: it can't be read or written.
    """
    shutil.copytree(module, target, copy_function=shutil.copyfile)
    for folder in (target, *(each for each in target.rglob("*") if each.is_dir())):
        folder.chmod(0o755)  # Go's cache is read-only
    for name, edits in EDITS.items():
        file = target / name
        text = file.read_text()
        for before, after in edits:
            if text.count(before) != 1:
                raise OtherModule(f"{name} of {MODULE} has not {before.strip()!r} once")
            text = text.replace(before, after)
        file.write_text(text)
