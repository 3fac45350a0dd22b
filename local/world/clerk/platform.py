"""The Platform API (`ak_` keys): applications, instances, config, key rotation, domains.

Operations are named as in the Clerk Platform API.
"""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from local.world.clerk import domains, errors
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.http import Answer, PlatformCall, checked, endpoint
from local.world.clerk.instances import version
from local.world.clerk.models import Domain, Instance

TOP = "/v1/platform/applications"
APPLICATION = f"{TOP}/{{application}}"
INSTANCE = f"{APPLICATION}/instances/{{instance}}"
DOMAIN = f"{APPLICATION}/domains/{{domain}}"


def list_applications(call: PlatformCall) -> Answer:
    """PlatformListApplications."""
    keys = call.flag("include_secret_keys")
    return 200, [
        application.to_json(secret_keys=keys) for application in call.backend.applications.values()
    ]


def get_application(call: PlatformCall) -> Answer:
    """PlatformGetApplication."""
    application = call.backend.application(call.parts["application"])
    return 200, application.to_json(secret_keys=call.flag("include_secret_keys"))


def create_instance(call: PlatformCall) -> Answer:
    """PlatformCreateInstance: the only answer that shows the secret key without being asked."""
    call.backend.application(call.parts["application"])
    form = checked(
        call.body(), {"domain": str, "environment_type": str, "clone_instance_id": str}, ("domain",)
    )
    if form.get("environment_type", "production") != "production":
        raise errors.param_invalid("environment_type", "must be production")
    made = call.backend.create_instance(
        call.parts["application"], domain=form["domain"], clone_of=form.get("clone_instance_id")
    )
    at = int(made.created_at * 1000)
    return 201, {
        "object": "instance",
        "id": made.id,
        "environment_type": made.environment,
        "active_domain": domains.platform_json(made, made.domain),
        "secret_key": made.secret,
        "publishable_key": made.publishable_key,
        "created_at": at,
        "updated_at": at,
    }


def get_config(call: PlatformCall) -> Answer:
    """PlatformGetConfig."""
    instance = _instance(call)
    sections = call.backend.read_config(instance, call.names("keys"))
    return 200, {"config_version": version(instance), **sections}


def get_config_schema(call: PlatformCall) -> Answer:
    """PlatformGetConfigSchema."""
    _instance(call)
    return 200, call.backend.config_schema(call.names("keys"))


def patch_config(call: PlatformCall) -> Answer:
    """PlatformPatchConfig."""
    return _write(call, replace=False)


def put_config(call: PlatformCall) -> Answer:
    """PlatformPutConfig."""
    return _write(call, replace=True)


def rotate_application_keys(call: PlatformCall) -> Answer:
    """PlatformRotateSecretKeys: all instances."""
    application = call.backend.application(call.parts["application"])
    return _rotate(call, list(application.instances.values()))


def rotate_instance_keys(call: PlatformCall) -> Answer:
    """PlatformRotateInstanceSecretKeys: one instance."""
    return _rotate(call, [_instance(call)])


def list_domains(call: PlatformCall) -> Answer:
    """PlatformListApplicationDomains: the production instance's, its satellites included."""
    application = call.backend.application(call.parts["application"])
    found = [
        domains.platform_json(instance, domain)
        for instance in domains.production_domains(application)
        for domain in instance.domains
    ]
    return 200, {"data": found, "total_count": len(found)}


def get_domain(call: PlatformCall) -> Answer:
    """PlatformGetApplicationDomain."""
    return 200, domains.platform_json(*_with_domain(call))


def domain_status(call: PlatformCall) -> Answer:
    """PlatformGetApplicationDomainStatus: the result of the last check."""
    return 200, domains.status_json(_with_domain(call)[1])


def check_dns(call: PlatformCall) -> Answer:
    """PlatformTriggerDNSCheck."""
    return 200, domains.check(_with_domain(call)[1], call.backend.clock())


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", TOP, list_applications),
    ("GET", APPLICATION, get_application),
    ("POST", f"{APPLICATION}/instances", create_instance),
    ("GET", f"{INSTANCE}/config", get_config),
    ("PATCH", f"{INSTANCE}/config", patch_config),
    ("PUT", f"{INSTANCE}/config", put_config),
    ("GET", f"{INSTANCE}/config/schema", get_config_schema),
    ("POST", f"{APPLICATION}/rotate_secret_keys", rotate_application_keys),
    ("POST", f"{INSTANCE}/rotate_secret_keys", rotate_instance_keys),
    ("GET", f"{APPLICATION}/domains", list_domains),
    ("GET", DOMAIN, get_domain),
    ("GET", f"{DOMAIN}/status", domain_status),
    ("POST", f"{DOMAIN}/dns_check", check_dns),
)


def platform_routes(backend: ClerkBackend) -> list[Route]:
    """Bind the operations to their paths."""
    return [
        Route(path, endpoint(backend, PlatformCall, operation), methods=[method])
        for method, path, operation in OPERATIONS
    ]


def _instance(call: PlatformCall) -> Instance:
    return call.backend.instance(call.parts["application"], call.parts["instance"])


def _with_domain(call: PlatformCall) -> tuple[Instance, Domain]:
    application = call.backend.application(call.parts["application"])
    return domains.find(application, call.parts["domain"])


def _write(call: PlatformCall, *, replace: bool) -> Answer:
    return 200, call.backend.write_config(
        _instance(call),
        call.body(),
        if_match=call.request.headers.get("if-match"),
        replace=replace,
        destructive=call.flag("destructive"),
        dry_run=call.flag("dry_run"),
        keys=() if replace else call.names("keys"),
    )


def _rotate(call: PlatformCall, instances: list[Instance]) -> Answer:
    try:
        form = checked(call.body(), {"delay_old_secrets_expiration_hours": int, "reason": str})
    except errors.ClerkError as error:
        # The description has no 422 for these operations.
        raise errors.ClerkError(400, error.code, error.message, meta=error.meta) from None
    hours = form.get("delay_old_secrets_expiration_hours", 0)
    if hours < 0:
        name = "delay_old_secrets_expiration_hours"
        raise errors.param_invalid(name, "must not be negative", status=400)
    call.backend.rotate(instances, hours)
    application = call.backend.application(call.parts["application"])
    return 200, {
        "application_id": application.id,
        "name": application.name,
        "instances": [
            {
                "instance_id": instance.id,
                "environment_type": instance.environment,
                "secret_key": instance.secret,
            }
            for instance in instances
        ],
    }
