"""Which tests run in one worker: those of a file, so that what a module shares is made once.

Tests of the engine are long and share little, so each goes where there is room. xdist's own groups
(`xdist_group`) have no effect with pytest 9.2, whose items have no `_nodeid`.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

SPREAD = "tests/engine/"
"""The folder whose tests go to any worker, one by one; but not those of these files."""
WHOLE = frozenset({"tests/engine/test_rotation_traffic.py"})


class ByFile(LoadScopeScheduling):
    """Sends a file to one worker, except for files of the engine."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what goes to one worker with a test: its file, or the test itself."""
        file = nodeid.partition("::")[0]
        return nodeid if file.startswith(SPREAD) and file not in WHOLE else file
