"""The writes that the program's providers and commands send, and the runs that send them."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from pulumi.dynamic import ResourceProvider
from typer.testing import CliRunner

from clerkstack.catalog.load import load_catalog
from clerkstack.cli import app
from clerkstack.clients.errors import ApiError, Unreachable
from clerkstack.desired.billing import billing_inputs
from clerkstack.problems import ClerkstackError
from clerkstack.providers.api_keys import ApiKeysProvider
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.instance import InstanceProvider
from clerkstack.providers.roles import OrganizationRolesProvider
from clerkstack.providers.sections import OrganizationSettingsProvider, SignInProvider
from clerkstack.providers.webhook import WebhookEndpointProvider
from clerkstack.providers.written_variables import AS_WRITTEN, WrittenVariablesProvider
from clerkstack.reconcile.roles import IN_SET
from clerkstack.settings.models import BillingSettings
from local.driven import Driven, Props, config_on
from local.world import World
from local.world import seed as seeded
from local.world.clerk.organizations import create_role

CATALOG = Path(__file__).parents[2] / "catalog.yaml"
ON = {"application_id": seeded.APPLICATION_ID, "environment": "development"}
CONFIG = r"/instances/\w+/config$"
DESTROY = None


@dataclass(frozen=True)
class Operation:
    """One kind of write and the run that sends it.

    `runs` are the declarations of successive runs; the last one sends the write. `DESTROY` as the
    last one is a destroy. `service`, `method` and `path` identify the write among the requests.
    `before` creates what must exist; `edited` is what a person does before the last run, which a
    refresh then finds.
    """

    name: str
    provider: Callable[[], ResourceProvider]
    runs: tuple[Props | None, ...]
    service: str
    method: str
    path: str
    before: Callable[[World], None] = lambda _: None
    edited: Callable[[World], None] | None = None

    @property
    def on_config(self) -> bool:
        """Return whether it writes the config document, which has versions."""
        return self.path == CONFIG

    def begin(self, world: World) -> Driven:
        """Return the resource before the run that sends the write."""
        self.before(world)
        driven = Driven(self.provider(), config_on(world))
        for inputs in self.runs[:-1]:
            assert inputs is not None
            driven.up(inputs)
        if self.edited is not None:
            self.edited(world)
            driven.refresh()
        return driven

    def run(self, driven: Driven) -> None:
        """Do the run that sends the write."""
        inputs = self.runs[-1]
        if inputs is None:
            driven.destroy()
        else:
            driven.up(copy.deepcopy(inputs))


def _billing() -> Props:
    inputs = billing_inputs(
        BillingSettings(), load_catalog(CATALOG), None, catalog_file="catalog.yaml"
    )
    return {**ON, **inputs}


def _changed(billing: Props) -> Props:
    """Return billing with a changed price, a plan and a feature removed, and a feature added."""
    changed = copy.deepcopy(billing)
    changed["plans"]["pro"]["amount"] = 6500
    del changed["plans"]["enterprise"]
    del changed["features"]["custom_sla"]
    changed["features"]["more"] = {"name": "More", "publicly_visible": True}
    return changed


def _roles(**roles: Props) -> Props:
    declared = {f"org:{key}": {**fields, IN_SET: True} for key, fields in roles.items()}
    return {**ON, "roles": declared, "permissions": {}, "role_set": {}}


def _with_permission(name: str) -> Props:
    key = "org:invoices:read"
    finance = {**_FINANCE, "permissions": [*_FINANCE["permissions"], key]}
    return {**_roles(finance=finance), "permissions": {key: {"name": name}}}


def _beginning_with(role: str) -> Props:
    declared = _roles(admin={}, member={}, finance=_FINANCE)
    return {**declared, "role_set": {"default_role": f"org:{role}"}}


def _outside(world: World) -> None:
    """Act as a person: create the role, in no role set."""
    instance = world.clerk.instance(seeded.APPLICATION_ID, "development")
    world.clerk.write_config(instance, {"organization_settings": {"enabled": True}})
    create_role(instance, {"key": "org:finance", "name": "Finance"}, world.clerk.now_ms())


def _webhook(url: str, events: tuple[str, ...] = ("user.created",)) -> Props:
    fields = {"url": url, "events": list(events), "description": "clerkstack"}
    return {**ON, **fields, **dict.fromkeys(WebhookEndpointProvider.outputs)}


_ORGANIZATIONS = {"enabled": True, "force_organization_selection": False}
_GOOGLE = {"enabled": True, "client_id": "123-abc.apps.googleusercontent.com"}
_FINANCE = {
    "name": "Finance",
    "permissions": ["org:sys_memberships:read", "org:sys_billing:read"],
}
_RENAMED = {**_FINANCE, "name": "Money", "permissions": ["org:sys_billing:read"]}
_HOOK = _webhook("https://app.sendero.example/hook")
_MORE = _webhook("https://app.sendero.example/hook", ("user.created", "organization.created"))
_WITH_HEADER = {**_HOOK, "headers": {"x-own": "value"}, "header_fingerprints": {"x-own": "1"}}
_SENSITIVE = {
    "project_id": seeded.VERCEL_PROJECT_ID,
    "values": {"preview/SECRET": "declared"},
    "state": {"preview/SECRET": AS_WRITTEN},
    **dict.fromkeys(WrittenVariablesProvider.outputs),
}
_SVIX_APP = r"/v1/webhooks/svix$"
_ENDPOINTS = r"/endpoint$"
_ENDPOINT = r"/endpoint/ep_\w+$"


def _set_variable(world: World, value: str) -> None:
    """Act as a person: create the sensitive variable, or change its value."""
    project = world.vercel.projects[seeded.VERCEL_PROJECT_ID]
    form = {"key": "SECRET", "value": value, "type": "sensitive", "target": ["preview"]}
    time.sleep(0.002)  # Vercel's times are whole milliseconds
    world.vercel.create_variable(project, form, upsert=True)


def operations(publishable_key: str) -> list[Operation]:
    """Return all operations. The key is that of the world's development instance."""
    billing = _billing()
    sections = {**ON, "sections": {"organization_settings": _ORGANIZATIONS}}
    sign_in = {
        **ON,
        "sections": {"connection_oauth_google": _GOOGLE, "session": {"claims": {"a": "b"}}},
        "client_secret_google": "google-client-secret",
    }
    switches = {"orgs_api_keys_enabled": True, "user_api_keys_enabled": True}
    keys: Props = {**ON, "publishable_key": publishable_key, "switches": switches}
    instance = {
        **ON,
        "environment": "production",
        "domain": "sendero.example",
        "clone_development": True,
    }
    clerk = "clerk"

    def config(
        name: str, provider: Callable[[], ResourceProvider], *runs: Props | None
    ) -> Operation:
        return Operation(f"PATCH config: {name}", provider, runs, clerk, "PATCH", CONFIG)

    def role(name: str, method: str, path: str, *runs: Props | None) -> Operation:
        return Operation(name, OrganizationRolesProvider, runs, clerk, method, path)

    def hook(name: str, service: str, method: str, path: str, *runs: Props | None) -> Operation:
        return Operation(name, WebhookEndpointProvider, runs, service, method, path)

    return [
        config("organizations", OrganizationSettingsProvider, sections),
        config("organizations, back", OrganizationSettingsProvider, sections, DESTROY),
        config("sign-in", SignInProvider, sign_in),
        config("billing, made", BillingProvider, billing),
        config("billing, changed", BillingProvider, billing, _changed(billing)),
        config("billing, removed", BillingProvider, billing, DESTROY),
        config("API keys", ApiKeysProvider, keys),
        config("API keys, back", ApiKeysProvider, keys, DESTROY),
        Operation("create instance", InstanceProvider, (instance,), clerk, "POST", r"/instances$"),
        role("create role", "POST", r"/organization_roles$", _roles(finance=_FINANCE)),
        role(
            "update role",
            "PATCH",
            r"/organization_roles/",
            _roles(finance=_FINANCE),
            _roles(finance=_RENAMED),
        ),
        role("delete role", "DELETE", r"/organization_roles/", _roles(finance=_FINANCE), _roles()),
        Operation(
            "add to role set",
            OrganizationRolesProvider,
            (_roles(finance={"name": "Finance"}),),
            clerk,
            "POST",
            r"/role_sets/[^/]+/roles$",
            before=_outside,
        ),
        Operation(
            "take out of role set",
            OrganizationRolesProvider,
            (_roles(finance={"name": "Finance"}), DESTROY),
            clerk,
            "POST",
            r"/roles/replace$",
            before=_outside,
        ),
        role(
            "update role set",
            "PATCH",
            r"/role_sets/",
            _beginning_with("member"),
            _beginning_with("finance"),
        ),
        role("create permission", "POST", r"/organization_permissions$", _with_permission("Read")),
        role(
            "update permission",
            "PATCH",
            r"/organization_permissions/",
            _with_permission("Read"),
            _with_permission("See"),
        ),
        role(
            "delete permission",
            "DELETE",
            r"/organization_permissions/",
            _with_permission("Read"),
            _roles(finance=_FINANCE),
        ),
        hook("create Svix app", clerk, "POST", _SVIX_APP, _HOOK),
        hook("link to Svix", clerk, "POST", r"/svix_url$", _HOOK, _MORE),
        hook("exchange token", "svix", "POST", r"/one-time-token$", _HOOK),
        hook("create endpoint", "svix", "POST", _ENDPOINTS, _HOOK),
        hook("update endpoint", "svix", "PATCH", _ENDPOINT, _HOOK, _MORE),
        hook("set headers", "svix", "PATCH", r"/headers$", _HOOK, _WITH_HEADER),
        hook("delete endpoint", "svix", "DELETE", _ENDPOINT, _HOOK, DESTROY),
        hook("delete Svix app", clerk, "DELETE", _SVIX_APP, _HOOK, DESTROY),
        Operation(
            "write variable",
            WrittenVariablesProvider,
            (_SENSITIVE, _SENSITIVE),
            "vercel",
            "PATCH",
            r"/env/\w+$",
            before=lambda world: _set_variable(world, "declared"),
            edited=lambda world: _set_variable(world, "by hand"),
        ),
    ]


@dataclass
class Redeploy:
    """`clerkstack redeploy`, as a stack runs it after a variable changed."""

    world: World
    said: str = field(default="", init=False)

    def run(self) -> int:
        """Run the command and return the exit code."""
        surroundings = {
            "VERCEL_API_TOKEN": seeded.VERCEL_TOKEN,
            "VERCEL_API_URL": self.world.urls.vercel,
        }
        words = ["redeploy", "--project", seeded.VERCEL_PROJECT_ID, "--target", "production"]
        with mock.patch.dict(os.environ, surroundings):
            ran = CliRunner().invoke(app, words)
        failure = ran.exception
        if isinstance(failure, ClerkstackError):
            # Like `main`: one message, and the exit code for a failed service.
            self.said = str(failure)
            return 3 if isinstance(failure, ApiError | Unreachable) else 2
        if failure is not None and not isinstance(failure, SystemExit):
            raise failure
        self.said = ran.output.strip().splitlines()[-1]
        return ran.exit_code
