"""What is declared, in the order of the set-up guide. Components never call the network."""

from __future__ import annotations

from components.api_keys import ApiKeys
from components.base import Component, InstanceRef
from components.billing import Billing
from components.environment import Environment
from components.former import former_names
from components.organizations import Organizations
from components.sign_in import SignIn
from components.webhook import Webhook

__all__ = [
    "ApiKeys",
    "Billing",
    "Component",
    "Environment",
    "InstanceRef",
    "Organizations",
    "SignIn",
    "Webhook",
    "former_names",
]
