"""The models of a stack's settings. Every default is Sendero's value.

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

from clerkstack.kept_url import kept_url
from clerkstack.safe import may_hold_secret, shown_url
from clerkstack.scrub import in_query
from clerkstack.settings.events import SENDERO_EVENTS, UNPUBLISHED_EVENTS
from clerkstack.settings.names import VERCEL_TOKEN, Step
from clerkstack.settings.projects import Project
from clerkstack.settings.targets import DEPLOYED, TARGETS, Target
from clerkstack.settings.variable_names import DEFAULT, PATHS, NameSet
from clerkstack.settings.vercel_plugin import VERCEL

LONG = 16  # letters; longer than any word of a path


class SettingsModel(BaseModel):
    """Strict and frozen: an unknown key or a value of another type is a mistake."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,
    )


# `forms.py` has a remedy for each.
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
    """Creation of the production instance, if there is none yet."""

    create: bool = False
    """Create the production instance if there is none; never a second one."""
    domain: Annotated[str, Field(pattern=DOMAIN)] | None = None
    """Its domain."""
    clone_development: bool = True
    """Start from the development instance's settings."""


class AppSettings(SettingsModel):
    """The app's own code: a checkout at `path`, or a `git` repository at `ref`."""

    path: Annotated[str, Field(min_length=1)] | None = None
    """A folder with the app, anywhere. In a monorepo its top folder, so that imports of other
    packages are found."""
    git: Annotated[str, Field(min_length=1)] | None = None
    """Or a repository with the app: an https or ssh URL without credentials, `git@host:path`, or a
    path."""
    ref: Annotated[str, Field(pattern=GIT_REF)] | None = None
    """A branch, a tag, or the 40 digits of a commit. Default: the repository's default branch."""
    declaration: Annotated[str, Field(pattern=INSIDE)] | None = None
    """The file inside the app that exports plans and features. Without it, only the checks are
    read."""
    plans_name: Annotated[str, Field(pattern=IDENTIFIER)] | None = None
    """The constant that holds the plans. Default: found by its shape."""
    features_name: Annotated[str, Field(pattern=IDENTIFIER)] | None = None
    """The constant that holds the features. Default: found by its shape."""
    scan: list[Annotated[str, Field(pattern=INSIDE)]] = []
    """The folders whose checks (`has({ plan })`, `<Protect>`, …) are read. Default: all."""
    unmanaged: list[Annotated[str, Field(pattern=ASKED)]] = []
    """Slugs that the instance has without this stack: `plan/legacy`, `feature/beta`,
    `role/org:auditor`, `permission/org:invoices:read`. A check of one is not a mistake."""
    unread: list[Annotated[str, Field(min_length=1)]] = []
    """Files in other languages that name Clerk and that the scan skips, as in a .gitignore:
    `scripts/*.py`."""
    tests: bool = False
    """Treat checks in the app's own tests like all others. Otherwise they are notes."""

    @property
    def named(self) -> bool:
        """Whether the stack names the app's code."""
        return self.path is not None or self.git is not None


class Components(SettingsModel):
    """Which parts of the deployment this stack declares."""

    organizations: bool = True
    """Organizations, their roles and permissions."""
    sign_in: bool = True
    """OAuth connections and session claims."""
    billing: bool = True
    """Billing, its plans and features."""
    api_keys: bool = True
    """Who may create API keys."""
    webhook: bool = True
    """The webhook endpoint."""
    environment: bool = True
    """The variables at Vercel."""


class RoleSettings(SettingsModel):
    """One organization role; without `permissions`, its permissions stay as they are."""

    name: str | None = None
    """Shown to people. Default: left as it is."""
    description: str | None = None
    """Shown to people. Default: left as it is."""
    permissions: list[Annotated[str, Field(pattern=PERMISSION_KEY)]] | None = None
    """All permissions of the role, by key. Default: left as they are."""


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
    """A custom permission."""

    name: Annotated[str, Field(min_length=1)]
    """Shown to people."""
    description: str | None = None
    """Shown to people. Default: left as it is."""


class OrganizationsSettings(SettingsModel):
    """Organizations, their roles and permissions."""

    enabled: bool = True
    """Turn organizations on."""
    personal_workspaces: bool = True
    """People may work outside an organization."""
    max_allowed_memberships: Annotated[int, Field(ge=0)] | None = None
    """The most members that an organization can have. Default: left as it is."""
    admin_delete_enabled: bool | None = None
    """Admins may delete their organization. Default: left as it is."""
    roles: dict[RoleKey, RoleSettings] = Field(default_factory=_sendero_roles)
    """Roles by key. Each is added to the initial role set
    (docs/reconciliation.md#roles-and-the-initial-role-set); otherwise no member could have it. Set
    `{}` on an account without roles."""
    permissions: dict[Annotated[str, Field(pattern=PERMISSION_KEY)], PermissionSettings] = {}
    """Custom permissions by key, such as `org:invoices:read`. List them under `roles`."""
    creator_role: RoleKey | None = None
    """The role of whoever creates an organization, one of `roles`. It needs
    `org:sys_memberships:manage`, `org:sys_memberships:read` and `org:sys_profile:delete`. Default:
    left as it is."""
    default_role: RoleKey | None = None
    """The role of a new member without a role of their own, one of `roles`. Default: left as it
    is."""


class OAuthConnection(SettingsModel):
    """One OAuth connection with the stack's own credentials."""

    enabled: bool = True
    """Turn the connection on."""
    client_id: str | None = None
    """The client id, as the provider's console shows it."""
    client_secret: Secret | None = None
    """The client secret."""


class SignInSettings(SettingsModel):
    """OAuth connections by provider, and all custom claims of the session token."""

    oauth: dict[Annotated[str, Field(pattern=PROVIDER)], OAuthConnection] = {}
    """OAuth connections by provider: `google`, `github`, …."""
    session_claims: dict[str, JsonValue] | None = None
    """All custom claims of the session token; none may be null. Default: left as they are."""


class BillingSettings(SettingsModel):
    """The toggles of billing. Plans and features are in the catalog."""

    organization_enabled: bool = True
    """Organizations can subscribe."""
    user_enabled: bool = False
    """Users can subscribe."""
    free_trial_requires_payment_method: bool = False
    """Ask for a card at the start of a free trial. Production refuses `true`."""
    gateway: Literal["clerk", "stripe"] = "clerk"
    """Who processes the payments. Connecting Stripe is a step in the dashboard; the update explains
    it."""


class ApiKeysSettings(SettingsModel):
    """Who may create API keys."""

    organization_enabled: bool = True
    """Organizations may create API keys. Written to `api_keys_settings` if the instance's config
    has it; otherwise the update says which switch to turn on in the dashboard."""
    user_enabled: bool = False
    """Users may create API keys."""


class WebhookSettings(SettingsModel):
    """The webhook endpoint: `url`, or the app's URL with `path`."""

    path: Slashed = "/api/webhooks/clerk"
    """The endpoint's path below `appUrl`."""
    url: str | None = None
    """The endpoint's whole URL, if it is not below `appUrl`. It is sent and compared as Svix stores
    it: `https://Hooks.example:443` is `https://hooks.example/`. With a query, or set with
    `--secret`, it is a secret. Default: `appUrl` with `path`."""
    headers: dict[str, Secret] = {}
    """Headers that Svix sends with every event, by name: use them for secrets that don't belong in
    a URL. Other headers of the endpoint stay. `destroy` restores the earlier values, except those
    that Svix does not show (`authorization` and the like)."""
    events: Annotated[list[str], Field(min_length=1)] = list(SENDERO_EVENTS)
    """Event types, as Clerk spells them. A preview refuses one that Svix does not offer for this
    instance; `apiKey.created`, if it comes from the default, is then left out instead
    (docs/reconciliation.md#events-of-the-webhook)."""
    description: str | None = None
    """Shown in the dashboard. Default: `clerkstack`."""

    @property
    def optional_events(self) -> list[str]:
        """The events to leave out if Svix does not offer them; none that the stack names itself."""
        named = "events" in self.model_fields_set
        return [] if named else [event for event in self.events if event in UNPUBLISHED_EVENTS]


class ProjectFields(SettingsModel):
    """The settings of one Vercel project, or of all: the team, and the variables' targets, names
    and plain values."""

    team_id: PlainId | None = None
    """The team that owns the project, `team_…`. If the project moved, set it and run `pulumi up`
    (docs/trouble.md#a-project-that-moved-to-a-team)."""
    targets: Annotated[list[Target], Field(min_length=1)] | None = None
    """Vercel's targets that the stack writes: `preview`, `development` or both, or `production`.
    Default: all targets of the instance."""
    names: Annotated[list[NameSet], Field(min_length=1)] = list(DEFAULT)
    """What the app reads: the sets of names that the variables have, see
    [below](#the-variables-names)."""
    sign_in_url: Slashed = "/sign-in"
    """The path of the sign-in page."""
    sign_up_url: Slashed = "/sign-up"
    """The path of the sign-up page."""
    after_sign_in_url: Slashed = "/dashboard"
    """Where people land after signing in, unless they came from another page."""
    after_sign_up_url: Slashed = "/onboarding"
    """Where people land after signing up, unless they came from another page."""
    sensitive: Literal["secrets", "all"] = "secrets"
    """Which variables are sensitive, so that Vercel never shows them again: the secrets, or all. A
    team's policy may require `all`."""
    leave_alone: list[Annotated[str, Field(pattern=VARIABLE)]] = []
    """Variables that the stack leaves alone, such as `preview/CLERK_SECRET_KEY`."""
    overwrite: list[Annotated[str, Field(pattern=VARIABLE)]] = []
    """Variables that somebody else created and whose value the stack may replace, such as
    `preview/CLERK_SECRET_KEY` (docs/trouble.md#variables-that-are-there-already)."""
    redeploy: bool = True
    """Rebuild the newest deployment after variables changed."""
    root_directory: Annotated[str, Field(pattern=INSIDE)] | None = None
    """The folder of this project's app inside `clerkstack:app`, like Vercel's Root Directory:
    `apps/web`. Default: everything that belongs to no other project."""


class ProjectSettings(ProjectFields):
    """One of several Vercel projects. Its settings default to those of `environment`, and its URL
    to the stack's."""

    project_id: PlainId = ""  # the rules require one
    """Vercel's project, `prj_…`. Required."""
    app_url: str | None = None
    """The URL of this project's app. Default: the stack's `appUrl`."""
    development_app_url: str | None = None
    """Its address on people's own machines. Default: the stack's `developmentAppUrl`."""


class EnvironmentSettings(ProjectFields):
    """The Vercel project, or several by the user's names."""

    # Empty only if the component is off, or if there are several (see project_rules.py).
    project_id: PlainId = ""
    """Vercel's project, `prj_…`. Required, unless `projects` names several."""
    projects: dict[Annotated[str, Field(pattern=PROJECT_NAME)], ProjectSettings] = {}
    """Several projects, by names that you choose (docs/several.md). Each can have the settings of
    `environment`, which are its defaults."""


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
    turned off, by the name of their setting. With `billing_left`, billing that the stack no longer
    declares stays on the instance unchanged, and no stack manages it."""

    plans: dict[str, list[PlanDanger]] = {}
    """The dangerous changes that a plan may have, by slug
    (docs/reconciliation.md#dangerous-changes-need-permission)."""
    features: dict[str, list[FeatureDanger]] = {}
    """The dangerous changes that a feature may have, by slug."""
    toggles: list[Toggle] = []
    """Toggles that may be turned off, by their setting: `billing.userEnabled`, …."""
    billing_left: bool = False
    """Leave billing on the instance as it is, unmanaged, when the stack no longer declares it or is
    destroyed."""


class SmokeGate(SettingsModel):
    """A route of the app that checks a feature or a plan with `has`."""

    path: Slashed
    """The route."""
    feature: str | None = None
    """The feature that it checks."""
    plan: str | None = None
    """The plan that it checks."""


def _sendero_gates() -> list[SmokeGate]:
    return [
        SmokeGate(path="/api/audit-log", feature="audit_log_export"),
        SmokeGate(path="/api/priority-support", plan="pro"),
    ]


class SmokeSettings(SettingsModel):
    """What `clerkstack smoke` requests from the app."""

    mcp_path: Slashed = "/api/mcp"
    """Where the app serves MCP."""
    mcp_tool: str | None = None
    """The tool that a smoke run calls, without arguments. Default: the first that needs none."""
    gates: list[SmokeGate] = Field(default_factory=_sendero_gates)
    """Routes that each check one feature or plan with `has`. Default: `/api/audit-log` and
    `/api/priority-support`."""
    sandbox_key: bool = True
    """The app's webhook creates a key with the claim `type: sandbox` for each new organization."""
    email_domain: Annotated[str, Field(pattern=DOMAIN)] = "example.com"
    """The domain of the email address that a smoke run signs up with."""


class RotationSettings(SettingsModel):
    """How a rotation proves that the app uses the new secrets."""

    health_path: Slashed = "/api/health"
    """The app's route that a rotation requests to see that a new deployment answers: a GET returns
    2xx and JSON."""
    fingerprints: bool = True
    """The JSON has the fingerprints of the secrets in use
    (docs/rotation.md#what-the-app-must-report)."""


class Urls(SettingsModel):
    """Base URLs of the APIs."""

    platform: str = "https://api.clerk.com"
    """Clerk's Platform API."""
    backend: str = "https://api.clerk.com"
    """Clerk's Backend API."""
    frontend: str | None = None
    """Clerk's Frontend API. Default: taken from the publishable key."""
    svix: str | None = None
    """Svix. Default: taken from the key that Clerk gives for it."""
    vercel: str = VERCEL
    """Vercel. Refused unless `VERCEL_API_URL` in the shell is the same, and Vercel's plugin follows
    it: the official one does not."""


def _as_bool(value: object) -> object:
    """Parse a boolean: Pulumi passes a setting outside any group as text."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


class Settings(SettingsModel):
    """One stack. Secrets are set with `pulumi config set --secret`."""

    instance: Literal["development", "production"]
    """Which instance of the application this stack is for."""
    application_id: Annotated[str, Field(pattern=APPLICATION_ID)]
    """Clerk's application, `app_…`."""
    platform_key: Secret
    """The workspace's key for the Platform API, `ak_…`."""
    publishable_key: str | None = None
    """The instance's `pk_test_…` or `pk_live_…`. Default: read with the platform key."""
    secret_key: Secret | None = None
    """The instance's `sk_test_…` or `sk_live_…`. Default: read with the platform key."""
    app_url: str
    """The app's https URL: of production, or of its previews."""
    development_app_url: str = "http://localhost:3000"
    """The app's address on people's own machines. Development stacks only."""
    production: Production = Production()
    catalog: Annotated[str, Field(min_length=1)] = "catalog.yaml"
    """The file of plans and features."""
    app_declaration: Annotated[str, Field(min_length=1)] | None = None
    """The app's TypeScript file of plans and features, compared with the catalog. Short for
    `app.declaration` without the rest of the app; conflicts with `app`."""
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
    """Pulumi refuses to remove the stack's Clerk resources and variables. Default: `true` in
    production."""
    urls: Urls = Urls()
    vercel_token: VercelToken = None
    """Vercel's token: the Vercel provider's own setting, not under `clerkstack`. Required for the
    variables."""
    _webhook_url_encrypted: bool = PrivateAttr(default=False)

    @property
    def protected(self) -> bool:
        """Whether Pulumi refuses to remove what the stack created; by default, in production."""
        return self.instance == "production" if self.protect is None else self.protect

    @property
    def webhook_url(self) -> str:
        """Where Clerk sends events, as Svix stores it."""
        return kept_url(self.webhook.url or self.app_url.rstrip("/") + self.webhook.path)

    @property
    def vercel_projects(self) -> tuple[Project, ...]:
        """The Vercel projects that the variables are written to, sorted by name, each with its
        defaults filled in; the short form is a project without a name."""
        environment = self.environment
        if not environment.projects:
            return (self._project("", environment, ("environment",)),)
        return tuple(
            self._project(name, environment.projects[name], ("environment", "projects", name))
            for name in sorted(environment.projects)
        )

    def _project(
        self, name: str, own_settings: ProjectSettings | EnvironmentSettings, path: tuple[Step, ...]
    ) -> Project:
        fields = {
            field: getattr(
                own_settings if field in own_settings.model_fields_set else self.environment, field
            )
            for field in ProjectFields.model_fields
        }
        paths = {purpose: fields.pop(purpose) for purpose in PATHS}
        own = own_settings if isinstance(own_settings, ProjectSettings) else ProjectSettings()
        targets = TARGETS[self.instance]
        names_said = "names" in own_settings.model_fields_set | self.environment.model_fields_set
        fields |= {
            "project_id": own_settings.project_id,
            "app_url": own.app_url or self.app_url,
            "development_app_url": own.development_app_url or self.development_app_url,
            # In a fixed order, however they are written.
            "targets": tuple(e for e in targets if e in (fields["targets"] or targets)),
            "names": tuple(fields["names"]),
            "leave_alone": tuple(fields["leave_alone"]),
            "overwrite": tuple(fields["overwrite"]),
            "said_names": tuple(fields["names"]) if names_said else None,
            "deploys_to": DEPLOYED[self.instance],
        }
        own_list = "overwrite" in own_settings.model_fields_set or not self.environment.overwrite
        at = (*(path if own_list else ("environment",)), "overwrite")
        return Project(name=name, path=path, paths=paths, overwrite_path=at, **fields)

    @property
    def webhook_address(self) -> str | None:
        """The endpoint's URL as it may be shown, if it is a secret: it has a query, or was set with
        `--secret`. None if it is not."""
        url = self.webhook_url
        if self._webhook_url_encrypted:
            return shown_url(urlsplit(url)._replace(path="/…", query="").geturl())
        return shown_url(url) if may_hold_secret(url) else None

    @property
    def secrets(self) -> list[str]:
        """The values of all its secrets, which nothing may show."""
        kept = [self.platform_key, self.secret_key, self.vercel_token]
        kept += [secret.client_secret for secret in self.sign_in.oauth.values()]
        kept += self.webhook.headers.values()
        values = [secret.get_secret_value() for secret in kept if secret is not None]
        if self._webhook_url_encrypted:
            values += in_query(self.webhook_url)
            # An ordinary word of a path, such as webhooks, is not a secret.
            segments = urlsplit(self.webhook_url).path.split("/")
            values += [
                segment for segment in segments if len(segment) >= LONG or re.search(r"\d", segment)
            ]
        return values

    @property
    def connection(self) -> Connection:
        """What the clients of the services need."""
        return Connection(
            platform_key=self.platform_key,
            secret_key=self.secret_key,
            urls=self.urls,
            vercel_token=self.vercel_token,
        )


class Connection(SettingsModel):
    """What the dynamic providers need to talk to the services; never stored."""

    platform_key: Secret
    secret_key: Secret | None = None
    urls: Urls = Urls()
    vercel_token: VercelToken = None
