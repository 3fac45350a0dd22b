"""The stubs of Pulumi's protocol without the rest of its library, which takes four times as long to
import and which only programs need."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec


def without_the_library() -> None:
    """Register `pulumi` and `pulumi.runtime` as empty packages, so that an import of a submodule
    imports nothing else. For a process that only serves; does nothing if the library is in use."""
    if "pulumi" in sys.modules:
        return
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if spec is None:
            return  # the import of the stubs will report that it is missing
        sys.modules[name] = module_from_spec(spec)
