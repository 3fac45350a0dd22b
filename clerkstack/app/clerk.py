"""What in an app's code is Clerk's, by the names that things have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clerkstack.app.facts_of_files import Ir
from clerkstack.app.values import FOREIGN, HAS, MAY, Kind

if TYPE_CHECKING:
    from clerkstack.app.modules import Module

COMPONENTS = frozenset({"Protect", "Show"})
ASKING = frozenset({"has", "checkAuthorization", "checkAuthorizationWithCustomPermissions"})
CREATING = frozenset({"createElement", "cloneElement", "jsx", "jsxs", "h"})
# What gives an object with `has`: auth(), useAuth(), getAuth(request), requestState.toAuth(), …
GIVING = frozenset({"auth", "useAuth", "getAuth", "toAuth", "useSession", "currentSession"})
# What is Clerk's wherever it has one of these names.
HOLDERS = frozenset({"auth", "session"})
# What a file may use that imports nothing: names that a framework imports by itself.
_FREE = GIVING | COMPONENTS | {"clerkClient", "clerkMiddleware", "useOrganization", "useUser"}
# `@clerk/nextjs`, and the packages for other frameworks: svelte-clerk, @hono/clerk-auth, …
_PACKAGE = re.compile(r"(?:^|[@/-])clerk(?:[/-]|$)")
# What bundlers lead to files of the app, or to what they import by themselves.
OWN = (".", "@/", "~", "#", "/", "$")
# What is no session by its name or type, whatever `has` of it is given.
_OTHERS = re.compile(
    r"(?:^|[a-z_])(?:[cC]ache|[sS]torage|[rR]egistry|[cC]ollection|Map|Set|Store|[pP]risma|[rR]edis)"
    r"|^(?:map|set|store|db|lru|ability|headers|window|globalThis|document|localStorage)$"
)
_OURS = re.compile("(?i)auth|session|clerk|user|permission|gate|guard|access")
_TYPES = frozenset(
    {
        *("Map", "Set", "WeakMap", "WeakSet", "ReadonlyMap", "ReadonlySet", "URLSearchParams"),
        *("Headers", "FormData", "Cache", "CacheStorage", "Array", "Record"),
    }
)
# Where a function is given to Clerk, which calls it with `has`.
CONDITIONS = frozenset({"condition", "when"})


def is_others(name: str) -> bool:
    """Whether something is another's by its name: `cache.has({ role })`."""
    return _OTHERS.search(name) is not None and _OURS.search(name) is None


def is_others_type(name: str) -> bool:
    """Whether a type of JavaScript's own has another `has`."""
    return name in _TYPES


def is_clerks(source: str) -> bool:
    """Whether a package is one of Clerk's."""
    return _PACKAGE.search(source) is not None


def kind_of_free(name: str) -> Kind | None:
    """What a name is that nothing in its file declares or imports."""
    if name in _FREE:
        return Kind("clerk", name)
    return MAY if name in ASKING else None


def kind_of_variable(name: str, *, is_parameter: bool) -> Kind | None:
    """What a variable of the app is by its name, where nothing else is known of it."""
    if name in HOLDERS:
        return Kind("clerk", name)
    if name in ASKING:
        return HAS if is_parameter else MAY
    return None


def kind_of_export(name: str, *, is_read: bool) -> Kind | None:
    """What another file of the app exports, by its name; `is_read`: that file is known."""
    if name in GIVING or (name in COMPONENTS and not is_read):
        return Kind("clerk", name)
    return MAY if name in ASKING else None


def kind_of_member(holder: Kind | None, name: str, ir: Ir, module: Module) -> Kind | None:
    """What a member of something is."""
    if holder is not None and holder.is_ == "clerk":
        if holder.name in COMPONENTS and ir[1][0] == "c":  # styled(Protect).attrs
            return holder
        return HAS if name in ASKING else Kind("clerk", name)
    if holder is not None and holder.is_ in ("foreign", "function"):
        return FOREIGN
    if ir[1][0] == "r" and ir[1][1] not in module.facts.constants and name in COMPONENTS:
        return Kind("clerk", name) if ir[1][1] not in module.facts.imports else None
    if name in ASKING:
        if ir[0] == "d" or last(ir[1]) in HOLDERS:
            return HAS
        return FOREIGN if any(map(is_others, _names(ir[1], module))) else MAY
    return Kind("clerk", name) if name in HOLDERS else None


def _names(ir: Ir, module: Module) -> Iterator[str]:
    """The names in `a.b().c`, and in what a constant of those is made of."""
    if ir[0] == "r":
        yield last(ir)
        ir = module.facts.constants.get(ir[1], ["z", 0])
    while ir[0] in "rmcwv":
        yield last(ir)
        if ir[0] == "r":
            return
        ir = ir[1]


def last(ir: Ir) -> str:
    """The last name of an expression: `has` of `auth.has`."""
    if ir[0] == "r":
        return str(ir[1]).partition("@")[0]
    if ir[0] in ("m", "d"):
        return str(ir[2][1]) if ir[2][0] == "s" else ""
    return ""
