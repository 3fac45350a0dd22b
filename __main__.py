"""The deployment of a B2B app on Clerk and Vercel, in the order of the set-up guide."""

from __future__ import annotations

from functools import cache, partial

import pulumi

from clerkstack import early
from clerkstack.short_lived import be_short_lived

# Before the other imports, so that the engine works meanwhile.
be_short_lived()
stored = early.begin()

from clerkstack.program import load_deployment, refuse_ended_secrets
from clerkstack.providers.instance import Instance
from clerkstack.providers.rotations import Rotations
from clerkstack.state.own import own_state
from components import (
    ApiKeys,
    Billing,
    Component,
    Environment,
    InstanceRef,
    Organizations,
    SignIn,
    Webhook,
    former_names,
)

read_state = cache(partial(own_state, stored))
settings, catalog, app = load_deployment(read_state)
use = settings.components
done: list[Component] = []
# Before anything is declared: from then on the engine writes the state again and again.
state = read_state()
refuse_ended_secrets(state)
formers = former_names(state, settings.vercel_projects) if use.environment else {}

# The environment's projects: their variables are read before anything is written
environment = Environment("environment", settings, formers) if use.environment else None

# The instance, and its keys
declared_key = settings.secret_key.get_secret_value() if settings.secret_key else None
instance = Instance(
    "instance",
    application_id=settings.application_id,
    environment=settings.instance,
    domain=settings.production.domain if settings.production.create else None,
    clone_development=settings.production.clone_development,
    declared_publishable_key=settings.publishable_key,
    declared_secret_key=declared_key,
    # Destroying a stack must not destroy its users: the instance always stays.
    opts=pulumi.ResourceOptions(
        protect=settings.protected,
        retain_on_delete=True,
        depends_on=environment.projects if environment else [],
    ),
)
ref = InstanceRef(settings.application_id, settings.instance, instance, settings.protected)

# Sign-in
if use.sign_in:
    done.append(SignIn("sign-in", ref, settings.sign_in, after=done))

# Organizations
if use.organizations:
    done.append(Organizations("organizations", ref, settings.organizations, app=app, after=done))

# Billing
if use.billing:
    done.append(
        Billing(
            "billing",
            ref,
            settings.billing,
            catalog,
            catalog_file=settings.catalog,
            app=app,
            after=done,
        )
    )

# API keys
if use.api_keys:
    done.append(ApiKeys("api-keys", ref, settings.api_keys, after=done))

# Webhook
webhook = None
if use.webhook:
    webhook = Webhook("webhook", ref, settings, after=done)
    done.append(webhook)

# Environment
if environment:
    environment.declare(
        ref,
        secret_key=declared_key or instance.secret_key,
        signing_secret=webhook.signing_secret if webhook else None,
        after=done,
    )

# By now every component that needs to know has asked whether this stack created the instance
instance.forget_made([resource for component in done for resource in component.owning])

# The journal of secret rotations, which `clerkstack rotate` writes
Rotations(
    "rotations",
    application_id=settings.application_id,
    environment=settings.instance,
    # After the instance, so that a wrong application leaves nothing in the state.
    opts=pulumi.ResourceOptions(protect=settings.protected, depends_on=[instance]),
)

# Outputs
pulumi.export("instance", instance.instance_id)
pulumi.export("publishable_key", instance.publishable_key)
pulumi.export("plans", list(catalog.plans))
pulumi.export("features", list(catalog.features))
if webhook:
    pulumi.export("webhook_endpoint", webhook.endpoint.endpoint_id)
