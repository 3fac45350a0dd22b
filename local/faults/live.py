"""Describes what is live in a world without ids, times and keys, so that two worlds compare
equal."""

from __future__ import annotations

import copy
from typing import Any

from local.world import World


def live(world: World) -> dict[str, Any]:
    """Return instances with config, roles and webhook endpoints, and variables; all as lists, so
    that duplicates show."""
    instances = sorted(world.clerk.instances(), key=lambda instance: str(instance.environment))
    return {
        "instances": [
            {
                "environment": instance.environment,
                "domain": instance.domain.name,
                "config": copy.deepcopy(instance.config),
                "roles": sorted(
                    (
                        role.key,
                        role.name,
                        role.description or "",
                        sorted(instance.permissions[id_].key for id_ in role.permissions),
                    )
                    for role in instance.roles.values()
                ),
                "permissions": sorted(
                    (held.key, held.name, held.description)
                    for held in instance.permissions.values()
                ),
                "role sets": sorted(
                    (
                        held.key,
                        sorted(instance.roles[id_].key for id_ in held.roles),
                        instance.roles[held.creator_role].key,
                        instance.roles[held.default_role].key,
                    )
                    for held in instance.role_sets.values()
                ),
                "webhooks": _webhooks(world, instance.id),
            }
            for instance in instances
        ],
        "variables": sorted(
            (variable.key, variable.target, variable.value_digest)
            for project in world.vercel.projects.values()
            for variable in project.variables.values()
        ),
    }


def _webhooks(world: World, instance_id: str) -> list[Any]:
    """Return the endpoints of each Svix app of an instance."""
    return [
        sorted(
            (
                e["url"],
                e["description"],
                sorted(e["event_types"] or ()),
                sorted(e["headers"].items()),
            )
            for e in app["endpoints"].values()
        )
        for app in world.svix.dump()["apps"]
        if app["instance_id"] == instance_id
    ]


def deployments(world: World) -> list[str]:
    """Return the targets of the project's deployments, oldest first."""
    made = sorted(
        world.vercel.deployments.values(), key=lambda deployment: int(deployment.created_at)
    )
    return [str(deployment.target) for deployment in made]
