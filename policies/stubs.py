"""The stubs of Pulumi's protocol without the rest of its library, which takes four times as long to
import and is for programs."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec


def without_the_library() -> None:
    """Enter `pulumi` and `pulumi.runtime` as empty shells: what is imported from below them is
    imported alone. For a process that only serves; where the library is in use nothing is done."""
    if "pulumi" in sys.modules:
        return
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if spec is None:
            return  # the import of the stubs says that it is missing
        sys.modules[name] = module_from_spec(spec)
