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
# They give what their function does.
COMPUTING = frozenset({"useMemo", "computed"})
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
CLAIMS = {
    **dict.fromkeys(("pla", "plan.slug"), "plan"),
    **dict.fromkeys(("fea", "feature.slug"), "feature"),
    **dict.fromkeys(("orgRole", "org_role", "rol", "role"), "role"),
    **dict.fromkeys(("orgPermissions", "org_permissions", "permissions", "per"), "permission"),
}
"""What claims of a session are called, what `auth()` gives of them, and what memberships and
subscriptions have; what each is of."""

# These are words of everybody: they are a claim of what has these names.
_OF_MEMBERS = frozenset({"role", "rol", "permissions", "per"})
_HOLDS_ROLES = re.compile("(?i)memberships?(list)?$|^o$|^org$")
_HOLDS_SLUGS = re.compile("(?:^|[a-z])([pP]lan|[fF]eature)s?(?:List)?$|^(subscriptionItems)$")
# Nobody else's, whatever has them.
_ALONE = frozenset({*CLAIMS} - _OF_MEMBERS)
# What of a claim, or of a list with claims in it, is still the same.
_SAME = frozenset(
    {
        *("value", "split", "map", "flatMap", "trim", "filter", "slice", "toLowerCase", "concat"),
        *("find", "findLast", "at", "pop", "shift", "replace", "replaceAll", "substring", "substr"),
        *("data", "items", "results", "current", "toString", "values"),
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
    return Kind("claim", name) if name in ("orgRole", "orgPermissions") else None


def kind_of_export(name: str, *, is_read: bool) -> Kind | None:
    """What another file of the app exports, by its name; `is_read`: that file is known."""
    if name in GIVING or (name in COMPONENTS and not is_read):
        return Kind("clerk", name)
    return MAY if name in ASKING else None


def kind_of_member(holder: Kind | None, name: str, ir: Ir, module: Module) -> Kind | None:
    """What a member of something is."""
    if holder is not None and holder.is_ in ("clerk", "claim"):
        if holder.name in COMPONENTS and ir[1][0] == "c":  # styled(Protect).attrs
            return holder
        if holds_claims(holder.name):
            return _of_claims(holder, name)
        if holder.name.lower().endswith("metadata"):  # of the app
            return FOREIGN
        if name in ASKING:
            return HAS
        return Kind(holder.is_, "" if name in _OF_MEMBERS else name)
    if holder is not None and holder.is_ in ("foreign", "function"):
        return FOREIGN
    if ir[1][0] == "r" and ir[1][1] not in module.facts.constants and name in COMPONENTS:
        return Kind("clerk", name) if ir[1][1] not in module.facts.imports else None
    if name in ASKING:
        if ir[0] == "d" or last(ir[1]) in HOLDERS:
            return HAS
        return FOREIGN if any(map(is_others, _names(ir[1], module))) else MAY
    if name in HOLDERS:
        return Kind("clerk", name)
    is_members = name in _OF_MEMBERS and _HOLDS_ROLES.search(last(ir[1])) is not None
    is_members = is_members and (ir[1][0] != "r" or len(last(ir[1])) > 3)  # `o` of everybody
    is_claim = is_members or name in _ALONE or name.lower().endswith(("membership", "memberships"))
    return Kind("claim", name) if is_claim else None


def holds_claims(name: str) -> bool:
    """Whether something of Clerk's of that name is a claim, or has some in it."""
    return bool(name in CLAIMS or _HOLDS_ROLES.search(name) or _HOLDS_SLUGS.search(name))


def kind_of_type(name: str) -> Kind | None:
    """What has a type of Clerk's of that name."""
    found = re.search("Membership|SessionClaims|JwtPayload", name)
    if found is None:
        return None
    return Kind("clerk", "membership" if found.group() == "Membership" else "sessionClaims")


def claim_in(kind: Kind | None) -> Kind | None:
    """What something is, where it is a claim or has some in it."""
    is_known = kind is not None and kind.is_ in ("clerk", "claim")
    return kind if is_known and kind is not None and holds_claims(kind.name) else None


def _of_claims(holder: Kind, name: str) -> Kind:
    """What a member of a claim is, or of what has claims in it."""
    if name in _SAME or name.isdigit():
        return holder
    if name in _OF_MEMBERS and _HOLDS_ROLES.search(holder.name):
        return Kind(holder.is_, name)
    of_slugs = _HOLDS_SLUGS.search(holder.name)
    if of_slugs is not None and name == "slug" and of_slugs.group(1):
        return Kind(holder.is_, f"{of_slugs.group(1).lower()}.slug")
    # `has` of a set with claims in it is none of Clerk's.
    return FOREIGN if name in ASKING else Kind(holder.is_, "" if name in _OF_MEMBERS else name)


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
