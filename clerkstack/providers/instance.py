"""The instance itself: adopted, or created once by cloning development."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import ReadResult

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.intent_log import IntentLog, probe_log
from clerkstack.notices import notice
from clerkstack.providers.base import ClerkProvider, Noted, inputs_of
from clerkstack.settings.keys import frontend_host
from clerkstack.shapes import JsonObject

if TYPE_CHECKING:
    from clerkstack.clients.platform import ApplicationInstance


class InstanceProvider(ClerkProvider):
    """Finds the stack's instance; creates the production instance if the settings say so.

    An instance is never removed: the Platform API has no operation for it, and it holds the
    company's users.
    """

    outputs = frozenset({"instance_id", "publishable_key", "secret_key", "frontend_host"})

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Only a production instance can be created (PlatformCreateInstance)."""
        if _inputs.get("domain") and _inputs["environment"] != "production":
            yield "domain", "only a production instance can be created; set clerkstack:instance"

    def bring(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """Adopt the existing instance, or create it. Never creates a second one."""
        application = str(inputs["application_id"])
        if not state and not probe_log(application).read():
            notice(
                f"{application} was not probed from this folder: `bin/clerkstack probe` shows "
                "whether the services behave as this program expects (docs/premises.md)"
            )
        return {**inputs, **self._outputs(inputs)}

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live instance (Platform API), for `pulumi refresh`."""
        props = inputs_of(_props)
        application, environment = str(props["application_id"]), str(props["environment"])
        try:
            instance = self.session.instance(application, environment, fresh=True)
        except NotFound:
            instance = None
        if instance is None:
            return ReadResult(None, {})
        return ReadResult(_id, {**props, **_described(instance)})

    def remove(self, props: JsonObject) -> None:
        """Remove nothing: the instance stays; only the stack forgets it."""
        self.ref(props).log.forget()

    def _outputs(self, inputs: JsonObject) -> JsonObject:
        application, environment = str(inputs["application_id"]), str(inputs["environment"])
        instance = self.session.instance(application, environment)
        if instance is None:
            instance = self._make(inputs, application, environment)
        declared = inputs.get("declared_publishable_key")
        self.session.verify_keys(application, environment, str(declared) if declared else None)
        return _described(instance)

    def _make(self, inputs: JsonObject, application: str, environment: str) -> ApplicationInstance:
        domain = inputs.get("domain")
        if not domain:
            raise ResourceFailed(
                f"The application {application} has no {environment} instance. "
                "Create it in the dashboard, or let this stack create it by cloning development: "
                "pulumi config set --path clerkstack:production.create true, and "
                "clerkstack:production.domain."
            )
        clone_of = None
        if inputs.get("clone_development"):
            development = self.session.instance(application, "development")
            if development is None:
                raise ResourceFailed(
                    f"The application {application} has no development instance to clone. Set "
                    "clerkstack:production.cloneDevelopment to false to start empty."
                )
            clone_of = development.instance_id
        # Everything on the clone then belongs to this stack.
        log = self.ref(inputs).log
        log.record({"made": True})
        try:
            self.session.platform.create_instance(
                application, domain=str(domain), clone_instance_id=clone_of
            )
        except (ApiError, Unreachable) as failure:
            # It may exist all the same: created by somebody else, or by a call without an answer.
            if isinstance(failure, ApiError) and failure.status < 500:
                log.forget()
            if self.session.instance(application, environment, fresh=True) is None:
                raise
        made = self.session.instance(application, environment, fresh=True)
        if made is None:
            raise ResourceFailed(
                f"Clerk created the {environment} instance of {application} but does not show "
                "it yet. Run the same command again in a minute; it adopts the new instance."
            )
        return made


class Instance(Noted, module="clerkstack", name="Instance"):
    """The Clerk instance of this stack, and its keys."""

    instance_id: pulumi.Output[str]
    publishable_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    frontend_host: pulumi.Output[str]

    def forget_made(self, after: Sequence[pulumi.Resource]) -> None:
        """Forget the record that this stack created the instance, once the resources that need it
        are in the state."""
        if not pulumi.runtime.is_dry_run():
            written = [
                resource.id for resource in after if isinstance(resource, pulumi.CustomResource)
            ]
            pulumi.Output.all(self.id, *written).apply(
                lambda ids: IntentLog(ids[0], self.of_stack).forget()
            )

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        domain: str | None = None,
        clone_development: bool = True,
        declared_publishable_key: str | None = None,
        declared_secret_key: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the instance. With `domain`, a missing production instance is created."""
        secrets = ["secret_key", "declared_secret_key"]
        secret = pulumi.ResourceOptions(additional_secret_outputs=secrets)
        super().__init__(
            InstanceProvider(),
            resource_name,
            {
                "application_id": application_id,
                "environment": environment,
                "domain": domain,
                "clone_development": clone_development,
                "declared_publishable_key": declared_publishable_key,
                "declared_secret_key": (
                    None
                    if declared_secret_key is None
                    else pulumi.Output.secret(declared_secret_key)
                ),
                **dict.fromkeys(InstanceProvider.outputs),
            },
            pulumi.ResourceOptions.merge(secret, opts),
        )


def _described(instance: ApplicationInstance) -> JsonObject:
    if not instance.publishable_key or instance.secret_key is None:
        raise ResourceFailed(
            f"The Platform API shows no keys for {instance.instance_id}. The key "
            "clerkstack:platformKey needs the scope applications:manage."
        )
    return {
        "instance_id": instance.instance_id,
        "publishable_key": instance.publishable_key,
        "secret_key": instance.secret_key.get_secret_value(),
        "frontend_host": frontend_host(instance.publishable_key),
    }
