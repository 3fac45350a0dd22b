"""The program's part of an update that rolls out rotated secrets: no other resource is written."""

from __future__ import annotations

import pulumi

from clerkstack.failures import ResourceFailed
from clerkstack.rotation.rolling_out import is_rolled_out, refusal


def write_secrets_only() -> None:
    """Have the engine refuse to make, change or remove any resource but those of the secrets.

    The providers of this project refuse by themselves; variables, and what a program declares
    besides, have providers of others. Those of the secrets wait for nothing but each other: what is
    declared and was not deployed yet would stop them.
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
