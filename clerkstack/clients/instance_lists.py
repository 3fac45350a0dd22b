"""Answers of the Clerk Backend API about what an instance has in addition to its config."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, JsonValue, RootModel

from clerkstack.clients.answers import Answer


class JwtTemplate(Answer):
    """Claims of tokens for another service (JWTTemplate). Times are seconds."""

    id: str
    name: str
    claims: dict[str, JsonValue]
    lifetime: int
    allowed_clock_skew: int
    custom_signing_key: bool
    signing_algorithm: str


class RedirectUrl(Answer):
    """A URL to which users may be redirected after signing in (RedirectURL)."""

    id: str
    url: str


class SamlDetails(Answer):
    """The SAML part of an enterprise connection."""

    idp_entity_id: str | None = None
    idp_sso_url: str | None = None
    idp_metadata_url: str | None = None
    allow_idp_initiated: bool | None = None
    allow_subdomains: bool | None = None
    force_authn: bool | None = None
    login_hint: dict[str, JsonValue] | None = None


class OidcDetails(Answer):
    """The OIDC part of an enterprise connection."""

    provider_key: str | None = None
    client_id: str | None = None
    discovery_url: str | None = None
    auth_url: str | None = None
    token_url: str | None = None
    user_info_url: str | None = None
    requires_pkce: bool | None = None


class EnterpriseConnection(Answer):
    """Sign-in through a customer's identity provider, by SAML or OIDC (EnterpriseConnection)."""

    id: str
    name: str
    provider: str
    active: bool
    domains: tuple[str, ...]
    organization_id: str | None = None
    sync_user_attributes: bool | None = None
    disable_additional_identifications: bool | None = None
    allow_organization_account_linking: bool | None = None
    authenticatable: bool | None = None
    disable_jit_provisioning: bool | None = None
    custom_attributes: tuple[dict[str, JsonValue], ...] = ()
    saml_connection: SamlDetails | None = None
    oauth_config: OidcDetails | None = None


class InstanceDomain(Answer):
    """A domain of an instance: its primary one or a satellite (Domain)."""

    id: str
    name: str
    is_satellite: bool
    frontend_api_url: str
    accounts_portal_url: str | None = None
    proxy_url: str | None = None


class EnterpriseConnections(Answer):
    """A page of enterprise connections (EnterpriseConnections)."""

    data: tuple[EnterpriseConnection, ...]
    total_count: int


class InstanceDomains(Answer):
    """All domains of an instance (Domains)."""

    data: tuple[InstanceDomain, ...]


def _without_count(answer: object) -> object:
    """Take the array out of a page.

    The description has only the array; with `paginated=true` Clerk answers {data, total_count}
    (clerk-sdk-go: jwttemplate, redirecturl; clerk/javascript pull request 3276).
    """
    return answer["data"] if isinstance(answer, dict) and "data" in answer else answer


class JwtTemplates(RootModel[Annotated[tuple[JwtTemplate, ...], BeforeValidator(_without_count)]]):
    """A page of JWT templates."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class RedirectUrls(RootModel[Annotated[tuple[RedirectUrl, ...], BeforeValidator(_without_count)]]):
    """A page of redirect URLs."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
