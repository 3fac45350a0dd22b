"""Hooks for an update that rolls out rotated secrets: it writes no other resource."""

from __future__ import annotations

import pulumi

from clerkstack.desired.rolling_out import is_rolled_out, refusal
from clerkstack.failures import ResourceFailed


def write_secrets_only() -> None:
    """Make the engine refuse to create, change or remove any resource but those of the secrets.

    This project's providers refuse by themselves, but variables and a program's own resources have
    other providers. The secrets' resources depend only on each other: resources that are declared
    and not deployed yet would stop them.
    """
    written: list[pulumi.Resource] = []
    previews = pulumi.ResourceHookOptions(on_dry_run=True)
    hook = pulumi.ResourceHook("secrets-only", _refuse, previews)
    binding = pulumi.ResourceHookBinding(
        before_create=[hook], before_update=[hook], before_delete=[hook]
    )

    def bind(
        made: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if not isinstance(made.resource, pulumi.CustomResource):
            return None
        if is_rolled_out(made.type_, made.name, made.props.get("key")):
            options = pulumi.ResourceOptions.merge(made.opts, None)
            options.depends_on = [*written]
            written.append(made.resource)
            return pulumi.ResourceTransformationResult(made.props, options)
        bound = pulumi.ResourceOptions(hooks=binding)
        options = pulumi.ResourceOptions.merge(made.opts, bound)
        return pulumi.ResourceTransformationResult(made.props, options)

    pulumi.runtime.register_stack_transformation(bind)


def _refuse(step: pulumi.ResourceHookArgs) -> None:
    raise ResourceFailed(refusal(step.name))
