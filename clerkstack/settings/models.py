"""What a stack says about itself. Every default is Sendero's value.

Names are camelCase in Pulumi.<stack>.yaml, as everywhere in Pulumi, and snake_case here.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PrivateAttr,
    SecretStr,
)
from pydantic.alias_generators import to_camel

from clerkstack.clients.scrub import in_query
from clerkstack.declared.variable_names import DEFAULT, NameSet
from clerkstack.declared.variables import DEPLOYED, TARGETS, Target
from clerkstack.kept_url import kept_url
from clerkstack.safe import may_hold_secret, shown_url
from clerkstack.settings.events import SENDERO_EVENTS, UNPUBLISHED_EVENTS
from clerkstack.settings.names import VERCEL_TOKEN, Step
from clerkstack.settings.projects import Project
from clerkstack.settings.vercel_plugin import VERCEL

LONG = 16  # letters; no word of a path is as long


class SettingsModel(BaseModel):
    """Strict and frozen: an unknown key or a value of another type is a mistake."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )


# `forms.py` says each in words.
APPLICATION_ID = r"^app_[A-Za-z0-9]+$"
DOMAIN = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
PATH = r"^/([^/\s#][^\s#]*)?$"
PLAIN_ID = r"^[A-Za-z0-9_][A-Za-z0-9._-]*$"  # goes into URLs and command lines as it is
PROVIDER = r"^[a-z0-9_]+$"
ROLE_KEY = r"^org:[a-z0-9_]+$"
VARIABLE = r"^(production|preview|development)/[A-Z][A-Z0-9_]*$"
GIT_REF = r"^[A-Za-z0-9_][A-Za-z0-9._/+-]*$"
INSIDE = r"^[^/\\\s-][^\\]*$"
IDENTIFIER = r"^[A-Za-z_$][A-Za-z0-9_$]*$"
ASKED = r"^((plan|feature)/[A-Za-z0-9_-]+|(role|permission)/org:[a-z0-9_:]+)$"
PERMISSION_KEY = r"^org:[a-z0-9_]+:[a-z0-9_]+$"
PROJECT_NAME = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"  # in the names of its resources

Secret = Annotated[SecretStr, Field(strict=False)]
VercelToken = Annotated[Secret | None, Field(alias=VERCEL_TOKEN)]
Slashed = Annotated[str, Field(pattern=PATH)]
PlainId = Annotated[str, Field(pattern=PLAIN_ID)]


class Production(SettingsModel):
    """Making the production instance, where there is none yet."""

    create: bool = False
    domain: Annotated[str, Field(pattern=DOMAIN)] | None = None
    clone_development: bool = True


class AppSettings(SettingsModel):
    """The app's own code: a checkout at `path`, or a `git` repository at `ref`.

    `declaration` is the file that exports the plans, inside of it; `scan` are the folders whose
    checks are looked at (none named: all). `unmanaged` are slugs that the app asks for and the
    instance has without this stack. With `tests` the checks in the app's own tests are as all
    others; without, they are notes.
    """

    path: Annotated[str, Field(min_length=1)] | None = None
    git: Annotated[str, Field(min_length=1)] | None = None
    ref: Annotated[str, Field(pattern=GIT_REF)] | None = None
    declaration: Annotated[str, Field(pattern=INSIDE)] | None = None
    plans_name: Annotated[str, Field(pattern=IDENTIFIER)] | None = None
    features_name: Annotated[str, Field(pattern=IDENTIFIER)] | None = None
    scan: list[Annotated[str, Field(pattern=INSIDE)]] = []
    unmanaged: list[Annotated[str, Field(pattern=ASKED)]] = []
    tests: bool = False

    @property
    def named(self) -> bool:
        """Whether the stack names the app's code."""
        return self.path is not None or self.git is not None


class Components(SettingsModel):
    """Which parts of the deployment this stack declares."""

    organizations: bool = True
    sign_in: bool = True
    billing: bool = True
    api_keys: bool = True
    webhook: bool = True
    environment: bool = True


class RoleSettings(SettingsModel):
    """One organization role; without `permissions` they stay as they are."""

    name: str | None = None
    description: str | None = None
    permissions: list[Annotated[str, Field(pattern=PERMISSION_KEY)]] | None = None


RoleKey = Annotated[str, Field(pattern=ROLE_KEY)]


def _sendero_roles() -> dict[str, RoleSettings]:
    return {
        "org:admin": RoleSettings(),
        "org:member": RoleSettings(),
        "org:finance": RoleSettings(
            name="Finance",
            description="Reads members and billing.",
            permissions=["org:sys_memberships:read", "org:sys_billing:read"],
        ),
    }


class PermissionSettings(SettingsModel):
    """A permission of one's own, for roles to have."""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None


class OrganizationsSettings(SettingsModel):
    """Organizations. `max_allowed_memberships` counts members of one organization.

    `creator_role` is what whoever makes an organization gets, `default_role` what a member gets
    who is given none: of the initial role set, which new organizations have.
    """

    enabled: bool = True
    personal_workspaces: bool = True
    max_allowed_memberships: Annotated[int, Field(ge=0)] | None = None
    admin_delete_enabled: bool | None = None
    roles: dict[RoleKey, RoleSettings] = Field(default_factory=_sendero_roles)
    permissions: dict[Annotated[str, Field(pattern=PERMISSION_KEY)], PermissionSettings] = {}
    creator_role: RoleKey | None = None
    default_role: RoleKey | None = None


class OAuthConnection(SettingsModel):
    """One OAuth connection with the stack's own credentials."""

    enabled: bool = True
    client_id: str | None = None
    client_secret: Secret | None = None


class SignInSettings(SettingsModel):
    """OAuth connections by provider, and the session token's own claims (all of them)."""

    oauth: dict[Annotated[str, Field(pattern=PROVIDER)], OAuthConnection] = {}
    session_claims: dict[str, JsonValue] | None = None


class BillingSettings(SettingsModel):
    """The toggles of billing. Plans and features are in the catalog."""

    organization_enabled: bool = True
    user_enabled: bool = False
    free_trial_requires_payment_method: bool = False
    gateway: Literal["clerk", "stripe"] = "clerk"


class ApiKeysSettings(SettingsModel):
    """Who may mint API keys."""

    organization_enabled: bool = True
    user_enabled: bool = False


class WebhookSettings(SettingsModel):
    """The webhook endpoint: `url`, or the app's URL with `path`.

    `headers` are sent with every event besides Svix's own; their values are secrets.
    """

    path: Slashed = "/api/webhooks/clerk"
    url: str | None = None
    headers: dict[str, Secret] = {}
    events: Annotated[list[str], Field(min_length=1)] = list(SENDERO_EVENTS)
    description: str | None = None

    @property
    def optional_events(self) -> list[str]:
        """The events that the endpoint is without where Svix does not offer them: none of those
        that the stack names itself."""
        named = "events" in self.model_fields_set
        return [] if named else [each for each in self.events if each in UNPUBLISHED_EVENTS]


class ProjectFields(SettingsModel):
    """What is said of one Vercel project, or of all: its team, and the variables' targets, names
    and plain values.

    `targets` are those that the stack writes; None is: all that get the instance's keys. `names`
    says what the app reads, by the sets of `declared/variable_names.py`. `sensitive` says which
    variables Vercel never shows again: the secrets, or all (a team can demand that).
    `leave_alone` are variables that are not the stack's, `overwrite` those that others made and
    whose value the stack may replace, both as target/KEY.
    """

    team_id: PlainId | None = None
    targets: Annotated[list[Target], Field(min_length=1)] | None = None
    names: Annotated[list[NameSet], Field(min_length=1)] = list(DEFAULT)
    sign_in_url: Slashed = "/sign-in"
    sign_up_url: Slashed = "/sign-up"
    after_sign_in_url: Slashed = "/dashboard"
    after_sign_up_url: Slashed = "/onboarding"
    sensitive: Literal["secrets", "all"] = "secrets"
    leave_alone: list[Annotated[str, Field(pattern=VARIABLE)]] = []
    overwrite: list[Annotated[str, Field(pattern=VARIABLE)]] = []
    redeploy: bool = True


class ProjectSettings(ProjectFields):
    """One of several Vercel projects. What it does not say is as `environment` has it; its app is
    at the stack's own URL where it names none."""

    project_id: PlainId = ""  # the rules ask for one
    app_url: str | None = None
    development_app_url: str | None = None


class EnvironmentSettings(ProjectFields):
    """The Vercel project, or several by a name of the user's own."""

    # Empty only where the component is off, or where there are several (see project_rules.py).
    project_id: PlainId = ""
    projects: dict[Annotated[str, Field(pattern=PROJECT_NAME)], ProjectSettings] = {}


PlanDanger = Literal["remove", "price", "visibility", "features"]
FeatureDanger = Literal["remove", "visibility"]
Toggle = Annotated[
    str,
    Field(
        pattern=r"^(organizations\.(enabled|personalWorkspaces)"
        r"|(billing|apiKeys)\.(organizationEnabled|userEnabled)"
        r"|signIn\.oauth\.[a-z0-9_]+\.enabled)$"
    ),
]


class Allowed(SettingsModel):
    """Dangerous changes that this stack may make: by plan and feature, and toggles that may be
    turned off, by their setting's name. With `billing_left`, billing that the stack does not
    declare any more stays on the instance as it is, and is nobody's."""

    plans: dict[str, list[PlanDanger]] = {}
    features: dict[str, list[FeatureDanger]] = {}
    toggles: list[Toggle] = []
    billing_left: bool = False


class SmokeGate(SettingsModel):
    """A route of the app that asks `has` for a feature or a plan."""

    path: Slashed
    feature: str | None = None
    plan: str | None = None


def _sendero_gates() -> list[SmokeGate]:
    return [
        SmokeGate(path="/api/audit-log", feature="audit_log_export"),
        SmokeGate(path="/api/priority-support", plan="pro"),
    ]


class SmokeSettings(SettingsModel):
    """What `clerkstack smoke` asks the app for.

    `mcp_tool` is one that needs no arguments; None is the first such.
    `sandbox_key` says that the app's webhook mints a key with the claim `type: sandbox` for each
    new organization.
    """

    mcp_path: Slashed = "/api/mcp"
    mcp_tool: str | None = None
    gates: list[SmokeGate] = Field(default_factory=_sendero_gates)
    sandbox_key: bool = True
    email_domain: Annotated[str, Field(pattern=DOMAIN)] = "example.com"


class RotationSettings(SettingsModel):
    """How a rotation proves that the app uses the new secrets.

    `health_path` is a route of the app that answers a GET with 2xx and JSON. With `fingerprints`
    that JSON has to have them: `{"fingerprints": {"CLERK_SECRET_KEY": …}}`, the first 12 hex digits
    of the secret's SHA-256.
    """

    health_path: Slashed = "/api/health"
    fingerprints: bool = True


class Urls(SettingsModel):
    """Base URLs of the APIs. `frontend` and `svix` follow from keys where they are not set."""

    platform: str = "https://api.clerk.com"
    backend: str = "https://api.clerk.com"
    frontend: str | None = None
    svix: str | None = None
    vercel: str = VERCEL


def _as_bool(value: object) -> object:
    """Pulumi gives a setting that is in no group as text."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


class Settings(SettingsModel):
    """One stack. Secrets are set with `pulumi config set --secret`."""

    instance: Literal["development", "production"]
    application_id: Annotated[str, Field(pattern=APPLICATION_ID)]
    platform_key: Secret
    publishable_key: str | None = None
    secret_key: Secret | None = None
    app_url: str
    development_app_url: str = "http://localhost:3000"
    production: Production = Production()
    catalog: Annotated[str, Field(min_length=1)] = "catalog.yaml"
    app_declaration: Annotated[str, Field(min_length=1)] | None = None
    app: AppSettings = AppSettings()
    components: Components = Components()
    organizations: OrganizationsSettings = Field(default_factory=OrganizationsSettings)
    sign_in: SignInSettings = SignInSettings()
    billing: BillingSettings = BillingSettings()
    api_keys: ApiKeysSettings = ApiKeysSettings()
    webhook: WebhookSettings = Field(default_factory=WebhookSettings)
    environment: EnvironmentSettings = EnvironmentSettings()
    allow: Allowed = Allowed()
    smoke: SmokeSettings = Field(default_factory=SmokeSettings)
    rotation: RotationSettings = Field(default_factory=RotationSettings)
    protect: Annotated[bool, BeforeValidator(_as_bool)] | None = None
    urls: Urls = Urls()
    vercel_token: VercelToken = None
    _webhook_url_encrypted: bool = PrivateAttr(default=False)

    @property
    def protected(self) -> bool:
        """Whether Pulumi refuses to remove what the stack made; None is: in production."""
        return self.instance == "production" if self.protect is None else self.protect

    @property
    def webhook_url(self) -> str:
        """Where Clerk sends events, as Svix keeps it."""
        return kept_url(self.webhook.url or self.app_url.rstrip("/") + self.webhook.path)

    @property
    def vercel_projects(self) -> tuple[Project, ...]:
        """The Vercel projects that the variables are written to, by name, each with all that holds
        for it; the short form is one without a name."""
        environment = self.environment
        if not environment.projects:
            return (self._project("", environment, ("environment",)),)
        return tuple(
            self._project(name, environment.projects[name], ("environment", "projects", name))
            for name in sorted(environment.projects)
        )

    def _project(
        self, name: str, said: ProjectSettings | EnvironmentSettings, path: tuple[Step, ...]
    ) -> Project:
        fields = {
            field: getattr(said if field in said.model_fields_set else self.environment, field)
            for field in ProjectFields.model_fields
        }
        own = said if isinstance(said, ProjectSettings) else ProjectSettings()
        targets = TARGETS[self.instance]
        names_said = "names" in said.model_fields_set | self.environment.model_fields_set
        fields |= {
            "project_id": said.project_id,
            "app_url": own.app_url or self.app_url,
            "development_app_url": own.development_app_url or self.development_app_url,
            # In one order, however they are written.
            "targets": tuple(e for e in targets if e in (fields["targets"] or targets)),
            "names": tuple(fields["names"]),
            "leave_alone": tuple(fields["leave_alone"]),
            "overwrite": tuple(fields["overwrite"]),
            "said_names": tuple(fields["names"]) if names_said else None,
            "deploys_to": DEPLOYED[self.instance],
        }
        own_list = "overwrite" in said.model_fields_set or not self.environment.overwrite
        at = (*(path if own_list else ("environment",)), "overwrite")
        return Project(name=name, path=path, overwrite_path=at, **fields)

    @property
    def webhook_address(self) -> str | None:
        """What may be seen of the endpoint's URL where that is a secret: it has a query, or a
        person set it as one. None where it is none."""
        url = self.webhook_url
        if self._webhook_url_encrypted:
            return shown_url(urlsplit(url)._replace(path="/…", query="").geturl())
        return shown_url(url) if may_hold_secret(url) else None

    @property
    def secrets(self) -> list[str]:
        """The values of all its secrets, that nothing shows."""
        kept = [self.platform_key, self.secret_key, self.vercel_token]
        kept += [each.client_secret for each in self.sign_in.oauth.values()]
        kept += self.webhook.headers.values()
        found = [each.get_secret_value() for each in kept if each is not None]
        if self._webhook_url_encrypted:
            found += in_query(self.webhook_url)
            # No word of a path is one, such as webhooks.
            segments = urlsplit(self.webhook_url).path.split("/")
            found += [each for each in segments if len(each) >= LONG or re.search(r"\d", each)]
        return found

    @property
    def connection(self) -> Connection:
        """What is needed to talk to the services."""
        return Connection(
            platform_key=self.platform_key,
            secret_key=self.secret_key,
            urls=self.urls,
            vercel_token=self.vercel_token,
        )


class Connection(SettingsModel):
    """What the dynamic providers need to talk to the services; kept nowhere."""

    platform_key: Secret
    secret_key: Secret | None = None
    urls: Urls = Urls()
    vercel_token: VercelToken = None
