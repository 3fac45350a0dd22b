"""The policy pack: `pulumi preview --policy-pack policies/pack`. Serves until the engine ends."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from clerkstack.short_lived import be_short_lived
from policies.stubs import without_the_library


def main() -> None:
    """Serve until the engine ends."""
    be_short_lived()
    without_the_library()
    from policies.analyzer import serve

    serve()


main()
