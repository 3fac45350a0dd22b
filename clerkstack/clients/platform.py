"""Clerk Platform API (`ak_` keys): applications, instances, their config, their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from pydantic import ConfigDict, Field, JsonValue, SecretStr

from clerkstack.clients.answers import Answer
from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.domains import DnsCheck, Domain, Domains, DomainStatus
from clerkstack.clients.errors import NotADryRun
from clerkstack.clients.http import Client, Http, Options, Service, joined

SERVICE = Service(
    name="Clerk's Platform API",
    setting="clerkstack:urls.platform",
    read_error=read_clerk_error,
    remedies={
        401: "The platform key (clerkstack:platformKey, ak_…) is wrong or revoked: make one in "
        "the dashboard under your workspace's Platform API keys, and set it with "
        "pulumi config set --secret clerkstack:platformKey",
        402: (
            "The plan of your Clerk workspace does not include this: change that plan, or remove "
            "from the stack what is named here"
        ),
        403: "The platform key lacks a permission: it needs the scope applications:manage",
        404: "Check clerkstack:applicationId and clerkstack:instance, and that the key belongs "
        "to the same workspace",
        409: (
            "It already exists or was changed meanwhile: run pulumi refresh, check pulumi "
            "preview --diff, then run again"
        ),
        # Also answered with 403, but not because of the key's permissions.
        "billing_not_enabled": "Switch billing on for the plan's payer, under clerkstack:billing",
        "billing_annual_only_plans_not_enabled": "Give the plan a monthly price as well",
        "billing_cannot_be_enabled": "Organization billing needs organizations: set "
        "clerkstack:organizations.enabled to true, or switch that billing off",
        "payer_type_invalid": "The payer of a plan cannot change: give the plan another slug",
        "plan_cannot_be_deleted": "Keep it in the catalog, or remove it in the dashboard first",
        "feature_not_enabled": "Switch it on in the dashboard, or remove it from the stack",
    },
)


class ApplicationInstance(Answer):
    """An instance of an application (PlatformApplicationInstance)."""

    instance_id: str
    environment_type: str
    publishable_key: str | None = None
    secret_key: SecretStr | None = None


class Application(Answer):
    """An application (PlatformApplicationResponse)."""

    application_id: str
    name: str
    instances: tuple[ApplicationInstance, ...]


class CreatedInstance(Answer):
    """A production instance that was just created; the only answer with its secret key."""

    id: str
    environment_type: str
    publishable_key: str
    secret_key: SecretStr
    active_domain: Domain


class Config(Answer):
    """An instance's config: its version and its sections."""

    version: str
    sections: dict[str, JsonValue]


class ConfigWrite(Answer):
    """The answer to a config write. `dry_run` is None if the answer lacks it."""

    version: str | None
    dry_run: bool | None
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]


class RotatedInstance(Answer):
    """An instance with its new secret key."""

    instance_id: str
    environment_type: str
    secret_key: SecretStr


class _Rotated(Answer):
    instances: tuple[RotatedInstance, ...] = Field(min_length=1)


class _Document(Answer):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]


class _ConfigDocument(_Document):
    # Optional in the description, but required here: without it, no write would be safe.
    config_version: str | int


class _WriteDocument(Answer):
    config_version: str | int | None = None
    dry_run: bool | None = None
    before: dict[str, JsonValue] = {}
    after: dict[str, JsonValue] = {}


class PlatformClient(Client):
    """Client of the Clerk Platform API (document: Clerk Platform API).

    An instance is given by its environment (development, production) or by its id (ins_…).
    """

    def __init__(self, *, key: SecretStr, base_url: str, **options: Unpack[Options]) -> None:
        self._http = Http(SERVICE, base_url=base_url, key=key, **options)

    def get_application(
        self, application_id: str, *, include_secret_keys: bool = False
    ) -> Application:
        """The application and its instances (PlatformGetApplication)."""
        return self._http.request(
            Application,
            "PlatformGetApplication",
            "GET",
            _path(application_id),
            params={"include_secret_keys": "true"} if include_secret_keys else None,
        )

    def create_instance(
        self, application_id: str, *, domain: str, clone_instance_id: str | None = None
    ) -> CreatedInstance:
        """Create the production instance (PlatformCreateInstance). Not repeated automatically."""
        body = {"domain": domain, "environment_type": "production"}
        if clone_instance_id is not None:
            body["clone_instance_id"] = clone_instance_id
        return self._http.request(
            CreatedInstance,
            "PlatformCreateInstance",
            "POST",
            _path(application_id, "instances"),
            json=body,
        )

    def get_config(self, application_id: str, instance: str, *, keys: Sequence[str] = ()) -> Config:
        """The config of an instance, by environment name or id (PlatformGetConfig)."""
        document = self._http.request(
            _ConfigDocument,
            "PlatformGetConfig",
            "GET",
            _path(application_id, "instances", instance, "config"),
            params={"keys": list(keys)} if keys else None,
        )
        return Config(
            version=str(document.config_version), sections=dict(document.__pydantic_extra__)
        )

    def patch_config(
        self,
        application_id: str,
        instance: str,
        changes: Mapping[str, object],
        *,
        if_match: str | None,
        dry_run: bool = False,
        destructive: bool = False,
    ) -> ConfigWrite:
        """Merge changes into the config (PlatformPatchConfig).

        Not repeated automatically, except if Clerk says that it was not processed (429).

        Raises:
            Conflict: the config is no longer at version `if_match`.
            NotADryRun: `dry_run` was set, but the answer does not have `dry_run: true`: the changes
                are live.
        """
        params = {}
        if dry_run:
            params["dry_run"] = "true"
        if destructive:
            params["destructive"] = "true"
        answer = self._http.request(
            _WriteDocument,
            "PlatformPatchConfig",
            "PATCH",
            _path(application_id, "instances", instance, "config"),
            params=params or None,
            json=changes,
            headers={"If-Match": if_match} if if_match is not None else None,
        )
        if dry_run and answer.dry_run is not True:
            said = "nothing about it" if answer.dry_run is None else "dry_run: false"
            raise NotADryRun(
                f"ALARM: a dry run on the {instance} instance of {application_id} was a "
                f"write: Clerk's answer says {said}. Changed for real: {', '.join(changes)}. "
                "Check the dashboard now. To restore what is declared, run `pulumi refresh`, "
                "then `pulumi up`.",
                written=list(changes),
            )
        version = answer.config_version
        return ConfigWrite(
            version=None if version is None else str(version),
            dry_run=answer.dry_run,
            before=answer.before,
            after=answer.after,
        )

    def get_config_schema(
        self, application_id: str, instance: str, *, keys: Sequence[str] = ()
    ) -> dict[str, JsonValue]:
        """The JSON Schema of the config (PlatformGetConfigSchema)."""
        document = self._http.request(
            _Document,
            "PlatformGetConfigSchema",
            "GET",
            _path(application_id, "instances", instance, "config", "schema"),
            params={"keys": list(keys)} if keys else None,
        )
        return dict(document.__pydantic_extra__)

    def rotate_secret_keys(
        self,
        application_id: str,
        instance: str,
        *,
        overlap_hours: int,
        reason: str | None = None,
    ) -> RotatedInstance:
        """Mint a new secret key; the old one stays valid for `overlap_hours`.

        PlatformRotateInstanceSecretKeys.
        """
        body: dict[str, object] = {"delay_old_secrets_expiration_hours": overlap_hours}
        if reason:
            body["reason"] = reason
        answer = self._http.request(
            _Rotated,
            "PlatformRotateInstanceSecretKeys",
            "POST",
            _path(application_id, "instances", instance, "rotate_secret_keys"),
            json=body,
        )
        return answer.instances[0]

    def list_domains(self, application_id: str) -> list[Domain]:
        """All domains of the application (PlatformListApplicationDomains)."""
        return list(
            self._http.request(
                Domains,
                "PlatformListApplicationDomains",
                "GET",
                _path(application_id, "domains"),
            ).data
        )

    def domain_status(self, application_id: str, domain: str) -> DomainStatus:
        """The state of a domain, by id or name (PlatformGetApplicationDomainStatus)."""
        return self._http.request(
            DomainStatus,
            "PlatformGetApplicationDomainStatus",
            "GET",
            _path(application_id, "domains", domain, "status"),
        )

    def dns_check(self, application_id: str, domain: str) -> DnsCheck:
        """Start a check of a domain's DNS records (PlatformTriggerDNSCheck).

        Raises:
            Conflict: a check is already running.
        """
        return self._http.request(
            DnsCheck,
            "PlatformTriggerDNSCheck",
            "POST",
            _path(application_id, "domains", domain, "dns_check"),
            # A repeated check changes nothing.
            repeatable=True,
        )


def _path(application_id: str, *more: str) -> str:
    return joined("v1", "platform", "applications", application_id, *more)
