"""Operations on an instance: seed, clone, version and ids."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace

from local.world.clerk.models import (
    MODES,
    Domain,
    Instance,
    SecretKey,
    identifier,
    with_standard_roles,
)
from local.world.clerk.schema import NOT_CLONED, Document, fresh_config


def seeded(application_id: str, now: float) -> Instance:
    """Create a development instance with id and key derived from the application's id."""
    stem = application_id.removeprefix("app_")
    token = hashlib.sha256(application_id.encode()).hexdigest()[:40]
    instance = Instance(
        id=f"ins_{stem}dev",
        environment="development",
        host=f"{stem}.clerk.accounts.dev",
        domain=Domain(f"dmn_{stem}dev", f"{stem}.accounts.dev", now),
        secrets=[SecretKey(f"sk_{MODES['development']}_{token}")],
        created_at=now,
        config=fresh_config("development"),
    )
    with_standard_roles(instance, int(now * 1000))
    return instance


def version(instance: Instance) -> str:
    """Return the version of an instance's config."""
    counted = f"{instance.id}:{instance.version}".encode()
    return f"v1_{hashlib.sha256(counted).hexdigest()[:8]}"


def clone(source: Instance, instance: Instance) -> None:
    """Copy config, permissions, roles and role sets, without what Clerk does not copy."""
    for name, section in source.config.items():
        if not name.startswith(NOT_CLONED):
            instance.config[name] = copy.deepcopy(section)
    renamed: dict[str, str] = {}
    for permission in source.permissions.values():
        made = replace(permission, id=identifier("perm"))
        renamed[permission.id] = made.id
        instance.permissions[made.id] = made
    for role in source.roles.values():
        held = [renamed[each] for each in role.permissions]
        own = replace(role, id=identifier("role"), permissions=held)
        renamed[role.id] = own.id
        instance.roles[own.id] = own
    for held_roles in source.role_sets.values():
        copied = replace(
            held_roles,
            id=identifier("role_set"),
            roles=[renamed[each] for each in held_roles.roles],
            default_role=renamed[held_roles.default_role],
            creator_role=renamed[held_roles.creator_role],
        )
        instance.role_sets[copied.id] = copied
    keep_ids(instance, instance.config)


def keep_ids(instance: Instance, after: Document) -> None:
    """Give new slugs an id. A slug that is removed and created again gets a new id."""
    for kind in ("plan", "feature"):
        slugs = after["billing"][f"{kind}s"]
        for slug in instance.config["billing"][f"{kind}s"]:
            if slug not in slugs:
                instance.ids.pop(f"{kind}:{slug}", None)
        for slug in slugs:
            instance.id_of(kind, slug)
