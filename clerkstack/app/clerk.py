"""Recognizes what belongs to Clerk in an app's code, by name."""

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
# They return the result of their function.
COMPUTING = frozenset({"useMemo", "computed"})
CREATING = frozenset({"createElement", "cloneElement", "jsx", "jsxs", "h"})
# Functions that return an object with `has`: auth(), useAuth(), requestState.toAuth(), …
GIVING = frozenset({"auth", "useAuth", "getAuth", "toAuth", "useSession", "currentSession"})
# Variables with these names are Clerk's everywhere.
HOLDERS = frozenset({"auth", "session"})
# Names that a framework imports automatically, so that a file uses them without an import.
_FREE = GIVING | COMPONENTS | {"clerkClient", "clerkMiddleware", "useOrganization", "useUser"}
# `@clerk/nextjs` and packages for other frameworks: svelte-clerk, @hono/clerk-auth, …
_PACKAGE = re.compile(r"(?:^|[@/-])clerk(?:[/-]|$)")
# Prefixes that bundlers resolve to files of the app or to automatic imports.
OWN = (".", "@/", "~", "#", "/", "$")
# Names and types that are never a session, whatever their `has` receives.
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
"""The kind of slug by name: of a session claim, of a property of `auth()`, and of a field of
memberships and subscriptions."""

# Common words: a claim only on an object that is known to hold one.
_OF_MEMBERS = frozenset({"role", "rol", "permissions", "per"})
_HOLDS_ROLES = re.compile("(?i)memberships?(list)?$|^o$|^org$")
_HOLDS_SLUGS = re.compile("(?:^|[a-z])([pP]lan|[fF]eature)s?(?:List)?$|^(subscriptionItems)$")
# A claim on any object.
_ALONE = frozenset({*CLAIMS} - _OF_MEMBERS)
# Members of a claim, or of a list of claims, that are still a claim.
_SAME = frozenset(
    {
        *("value", "split", "map", "flatMap", "trim", "filter", "slice", "toLowerCase", "concat"),
        *("find", "findLast", "at", "pop", "shift", "replace", "replaceAll", "substring", "substr"),
        *("data", "items", "results", "current", "toString", "values"),
    }
)
# Props with a function that Clerk calls with `has`.
CONDITIONS = frozenset({"condition", "when"})


def is_others(name: str) -> bool:
    """Return whether an object is not Clerk's, judged by its name: `cache.has({ role })`."""
    return _OTHERS.search(name) is not None and _OURS.search(name) is None


def is_others_type(name: str) -> bool:
    """Return whether a JavaScript type has a `has` of its own."""
    return name in _TYPES


def is_clerks(source: str) -> bool:
    """Return whether a package is one of Clerk's."""
    return _PACKAGE.search(source) is not None


def kind_of_free(name: str) -> Kind | None:
    """Return the kind of a name that its file neither declares nor imports."""
    if name in _FREE:
        return Kind("clerk", name)
    return MAY if name in ASKING else None


def kind_of_variable(name: str, *, is_parameter: bool) -> Kind | None:
    """Return the kind of a variable by its name, if nothing else is known about it."""
    if name in HOLDERS:
        return Kind("clerk", name)
    if name in ASKING:
        return HAS if is_parameter else MAY
    return Kind("claim", name) if name in ("orgRole", "orgPermissions") else None


def kind_of_export(name: str, *, is_read: bool) -> Kind | None:
    """Return the kind of an export of another file by its name; `is_read`: that file was read."""
    if name in GIVING or (name in COMPONENTS and not is_read):
        return Kind("clerk", name)
    return MAY if name in ASKING else None


def kind_of_member(holder: Kind | None, name: str, ir: Ir, module: Module) -> Kind | None:
    """Return the kind of a member of an object."""
    if holder is not None and holder.is_ in ("clerk", "claim"):
        if holder.name in COMPONENTS and ir[1][0] == "c":  # styled(Protect).attrs
            return holder
        if holds_claims(holder.name):
            return _of_claims(holder, name)
        if holder.name.lower().endswith("metadata"):  # the app's own
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
    is_members = is_members and (ir[1][0] != "r" or len(last(ir[1])) > 3)  # `o` alone is too common
    is_claim = is_members or name in _ALONE or name.lower().endswith(("membership", "memberships"))
    return Kind("claim", name) if is_claim else None


def holds_claims(name: str) -> bool:
    """Return whether something of Clerk's with that name is a claim or contains claims."""
    return bool(name in CLAIMS or _HOLDS_ROLES.search(name) or _HOLDS_SLUGS.search(name))


def kind_of_type(name: str) -> Kind | None:
    """Return the kind of a value whose type is Clerk's and has that name."""
    found = re.search("Membership|SessionClaims|JwtPayload", name)
    if found is None:
        return None
    return Kind("clerk", "membership" if found.group() == "Membership" else "sessionClaims")


def claim_in(kind: Kind | None) -> Kind | None:
    """Return the kind if it is a claim or contains claims, else None."""
    is_known = kind is not None and kind.is_ in ("clerk", "claim")
    return kind if is_known and kind is not None and holds_claims(kind.name) else None


def _of_claims(holder: Kind, name: str) -> Kind:
    """Return the kind of a member of a claim, or of an object with claims."""
    if name in _SAME or name.isdigit():
        return holder
    if name in _OF_MEMBERS and _HOLDS_ROLES.search(holder.name):
        return Kind(holder.is_, name)
    of_slugs = _HOLDS_SLUGS.search(holder.name)
    if of_slugs is not None and name == "slug" and of_slugs.group(1):
        return Kind(holder.is_, f"{of_slugs.group(1).lower()}.slug")
    # `has` of a set of claims is not Clerk's.
    return FOREIGN if name in ASKING else Kind(holder.is_, "" if name in _OF_MEMBERS else name)


def _names(ir: Ir, module: Module) -> Iterator[str]:
    """Yield the names in `a.b().c`, and in the value of the constant at its root."""
    if ir[0] == "r":
        yield last(ir)
        ir = module.facts.constants.get(ir[1], ["z", 0])
    while ir[0] in "rmcwv":
        yield last(ir)
        if ir[0] == "r":
            return
        ir = ir[1]


def last(ir: Ir) -> str:
    """Return the last name of an expression: `has` in `auth.has`."""
    if ir[0] == "r":
        return str(ir[1]).partition("@")[0]
    if ir[0] in ("m", "d"):
        return str(ir[2][1]) if ir[2][0] == "s" else ""
    return ""
