"""Patches a Go module of the engine to load its word lists on first use instead of at each start.

`pulumi config set` uses zxcvbn-go to judge whether a value looks like a secret. That module unpacks
and sorts its lists when any `pulumi` process starts: two fifths of the CPU of `pulumi version`
(`GODEBUG=inittrace=1` shows it). The build uses a copy of the module that does so on first use. Its
results do not change.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MODULE = "github.com/ccojocar/zxcvbn-go"
EDITS = {
    "frequency/frequency.go": [("func init() {\n", "// Load fills Lists.\nfunc Load() {\n")],
    "matching/matching.go": [
        # Its only caller loads the lists if necessary.
        ("func init() {\n\tloadFrequencyList()\n}\n", ""),
        (
            "\tfor n, list := range frequency.Lists {\n",
            "\tfrequency.Load()\n\tfor n, list := range frequency.Lists {\n",
        ),
    ],
}


class OtherModule(Exception):
    """The module is not the one that the patch was made for; the message says where it differs."""


def lazy_copy(module: Path, target: Path) -> None:
    """Write a copy of the module that loads its lists on first use.

    Args:
        module: the folder of its sources.
        target: the folder to create.

    Raises:
        OtherModule: a line to change does not occur exactly once.
        OSError: a file can't be read or written.
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
