"""Clerk Platform API (`ak_` keys): applications, instances, their config, their keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, SecretStr

from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.http import TIMEOUT, BearerKey, Client, Http

MENDS = {
    401: "The platform key (clerkstack:platformKey, ak_…) is wrong or revoked: make one in the "
    "dashboard under your workspace's Platform API keys",
    402: "The plan of your Clerk workspace does not include this",
    403: "The platform key lacks the right: it needs the scope applications:manage",
    404: "Check clerkstack:applicationId and clerkstack:instance, and that the key belongs to "
    "the same workspace",
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ApplicationInstance(_Model):
    """An instance of an application (PlatformApplicationInstance)."""

    instance_id: str
    environment_type: str
    publishable_key: str | None = None
    secret_key: SecretStr | None = None


class Application(_Model):
    """An application (PlatformApplicationResponse)."""

    application_id: str
    name: str
    instances: tuple[ApplicationInstance, ...]


class CnameTarget(_Model):
    """A DNS record that a domain needs (PlatformCNameTarget)."""

    host: str
    value: str
    required: bool


class Domain(_Model):
    """A domain (PlatformDomainResponse)."""

    id: str
    name: str
    frontend_api_url: str
    cname_targets: tuple[CnameTarget, ...] = ()


class CreatedInstance(_Model):
    """A production instance that was just made; the only answer with its secret key."""

    id: str
    environment_type: str
    publishable_key: str
    secret_key: SecretStr
    active_domain: Domain


class Config(_Model):
    """An instance's config: its version and its sections."""

    version: str
    sections: dict[str, JsonValue]


class ConfigWrite(_Model):
    """The answer to a config write. `dry_run` is None where the answer lacks it."""

    version: str | None
    dry_run: bool | None
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]


class RotatedInstance(_Model):
    """An instance with its new secret key."""

    instance_id: str
    environment_type: str
    secret_key: SecretStr


class _Rotated(_Model):
    instances: tuple[RotatedInstance, ...]


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]


class _ConfigDocument(_Document):
    config_version: str | int


class _WriteDocument(BaseModel):
    config_version: str | int | None = None
    dry_run: bool | None = None
    before: dict[str, JsonValue] = {}
    after: dict[str, JsonValue] = {}


class PlatformClient(Client):
    """Client of the Clerk Platform API."""

    def __init__(
        self,
        *,
        key: SecretStr,
        base_url: str,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = Http(
            vendor="Clerk's Platform API",
            base_url=base_url,
            auth=BearerKey(key),
            read_error=read_clerk_error,
            mends=MENDS,
            transport=transport,
            timeout=timeout,
            sleep=sleep,
        )

    def get_application(
        self, application_id: str, *, include_secret_keys: bool = False
    ) -> Application:
        """The application and its instances (PlatformGetApplication)."""
        return self._http.request(
            Application,
            "PlatformGetApplication",
            "GET",
            f"/v1/platform/applications/{application_id}",
            params={"include_secret_keys": "true"} if include_secret_keys else None,
        )

    def create_instance(
        self, application_id: str, *, domain: str, clone_instance_id: str | None = None
    ) -> CreatedInstance:
        """Make the production instance (PlatformCreateInstance). Not repeated by itself."""
        body = {"domain": domain, "environment_type": "production"}
        if clone_instance_id is not None:
            body["clone_instance_id"] = clone_instance_id
        return self._http.request(
            CreatedInstance,
            "PlatformCreateInstance",
            "POST",
            f"/v1/platform/applications/{application_id}/instances",
            json=body,
        )

    def get_config(self, application_id: str, instance: str, *, keys: Sequence[str] = ()) -> Config:
        """The config of an instance, by environment name or id (PlatformGetConfig)."""
        document = self._http.request(
            _ConfigDocument,
            "PlatformGetConfig",
            "GET",
            self._config_path(application_id, instance),
            params={"keys": list(keys)} if keys else None,
        )
        return Config(
            version=str(document.config_version), sections=dict(document.__pydantic_extra__)
        )

    def patch_config(
        self,
        application_id: str,
        instance: str,
        changes: Any,
        *,
        if_match: str | None,
        dry_run: bool = False,
        destructive: bool = False,
    ) -> ConfigWrite:
        """Merge changes into the config (PlatformPatchConfig).

        Not repeated by itself, except where Clerk says that it was not taken (429).

        Raises:
            Conflict: the config is no longer at version `if_match`.
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
            self._config_path(application_id, instance),
            params=params or None,
            json=changes,
            headers={"If-Match": if_match} if if_match is not None else None,
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
        """The JSON Schema of what may be set (PlatformGetConfigSchema)."""
        document = self._http.request(
            _Document,
            "PlatformGetConfigSchema",
            "GET",
            f"{self._config_path(application_id, instance)}/schema",
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
        """Mint a new secret key; the old one lives for `overlap_hours`.

        PlatformRotateInstanceSecretKeys.
        """
        body: dict[str, Any] = {"delay_old_secrets_expiration_hours": overlap_hours}
        if reason:
            body["reason"] = reason
        answer = self._http.request(
            _Rotated,
            "PlatformRotateInstanceSecretKeys",
            "POST",
            f"/v1/platform/applications/{application_id}/instances/{instance}/rotate_secret_keys",
            json=body,
        )
        return answer.instances[0]

    @staticmethod
    def _config_path(application_id: str, instance: str) -> str:
        return f"/v1/platform/applications/{application_id}/instances/{instance}/config"
