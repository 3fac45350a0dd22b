"""The base of every component: the instance it declares for, and what comes before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from clerkstack.providers.instance import Instance


@dataclass(frozen=True)
class InstanceRef:
    """The instance that a component declares for."""

    application_id: str
    environment: str
    instance: Instance
    protect: bool = False


class Component(pulumi.ComponentResource):
    """Base of the components: one form of type token; children have a parent and an order.

    `after` lists the components that come before this one in the guide. Children wait for all
    of them, so two sections of one config are never written at the same time.
    """

    ref: InstanceRef
    _after: Sequence[pulumi.Resource] = ()

    def __init__(
        self,
        kind: str,
        name: str,
        ref: InstanceRef | None = None,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(f"clerkstack:components:{kind}", name, opts=opts)
        if ref is not None:
            self.stand(ref, after)

    def stand(self, ref: InstanceRef, after: Sequence[pulumi.Resource]) -> None:
        """Set the instance and what comes before, for a component that was created earlier."""
        self.ref = ref
        self._after = [ref.instance, *after]
        self.owning: list[pulumi.Resource] = []
        """Asks whether this stack created the instance."""

    def child(self, *also_after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child: this component as parent, after everything that comes before."""
        return pulumi.ResourceOptions(parent=self, depends_on=[*self._after, *also_after])

    def protected(self, *also_after: pulumi.Resource) -> pulumi.ResourceOptions:
        """The same for what people rely on: protected if the stack says so."""
        options = pulumi.ResourceOptions(protect=self.ref.protect)
        return pulumi.ResourceOptions.merge(self.child(*also_after), options)
