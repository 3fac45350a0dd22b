"""Enterprise connections of the Backend API: sign-in through a customer's identity provider.

Operations are named as in the Clerk Backend API. Certificates, metadata and client secrets are
accepted and never returned. There are no organizations here: naming one is a 404.
"""

from __future__ import annotations

import re
from typing import Any

from local.world.clerk import errors
from local.world.clerk.http import Answer, InstanceCall, checked
from local.world.clerk.models import identifier
from local.world.clerk.schema import Document

Fields = dict[str, type | tuple[type, ...]]
PROVIDERS = (
    "saml_custom",
    "saml_okta",
    "saml_google",
    "saml_microsoft",
    "oidc_custom",
    "oidc_github_enterprise",
    "oidc_gitlab",
)
FIELDS: Fields = {
    "name": str,
    "provider": str,
    "domains": list,
    "organization_id": str,
    "allow_organization_account_linking": bool,
    "active": bool,
    "saml": dict,
    "oidc": dict,
    "custom_attributes": list,
}
SAML: Fields = {
    "idp_entity_id": str,
    "idp_sso_url": str,
    "idp_certificate": str,
    "idp_metadata_url": str,
    "idp_metadata": str,
    "attribute_mapping": dict,
    "allow_subdomains": bool,
    "allow_idp_initiated": bool,
    "force_authn": bool,
    "login_hint": dict,
}
MAPPING: Fields = dict.fromkeys(("user_id", "email_address", "first_name", "last_name"), str)
LOGIN_HINT: Fields = {"mode": str, "source": str}
LOGIN_HINTS = ("email_address", "custom_attribute", "off")
OIDC: Fields = {
    **dict.fromkeys(("client_id", "client_secret", "discovery_url"), str),
    **dict.fromkeys(("auth_url", "token_url", "user_info_url"), str),
    "requires_pkce": bool,
}
ATTRIBUTE: Fields = {
    **dict.fromkeys(("name", "key", "sso_path", "scim_path", "directory_path"), str),
    "multi_valued": bool,
}
ATTRIBUTE_KEY = re.compile(r"[^_][A-Za-z0-9_-]*")
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
ALONE = ("idp_metadata_url", "idp_metadata")
TOGETHER = ("idp_entity_id", "idp_sso_url", "idp_certificate")
"""The fields of which an active SAML connection needs one, or all."""


def list_enterprise_connections(call: InstanceCall) -> Answer:
    """ListEnterpriseConnections: the newest first, which is a guess."""
    organization = call.query.get("organization_id")
    active = call.flag("active", status=422) if "active" in call.query else None
    found = [
        connection
        for connection in reversed(call.instance.enterprise_connections.values())
        if organization in (None, connection["organization_id"])
        and active in (None, connection["active"])
    ]
    return 200, {"data": call.page(found), "total_count": len(found)}


def create_enterprise_connection(call: InstanceCall) -> Answer:
    """CreateEnterpriseConnection."""
    form = checked(_body(call), FIELDS, ("name", "provider", "domains"))
    provider = form["provider"]
    if provider not in PROVIDERS:
        raise errors.param_invalid("provider", f"must be one of {', '.join(PROVIDERS)}")
    domains = _domains(form["domains"])
    saml, oidc = _saml(form.get("saml", {})), checked(form.get("oidc", {}), OIDC)
    attributes = _attributes(form.get("custom_attributes", []))
    if "organization_id" in form:
        raise errors.not_found("organization", form["organization_id"])
    _check_free(call, domains)
    active = form.get("active", False)
    uses_saml = provider.startswith("saml_")
    whole = any(name in saml for name in ALONE) or all(name in saml for name in TOGETHER)
    if active and uses_saml and not whole:
        raise errors.param_missing("saml.idp_metadata_url")
    now = call.backend.now_ms()
    made: Document = {
        "object": "enterprise_connection",
        "id": identifier("entconn"),
        "name": form["name"],
        "provider": provider,
        "logo_public_url": None,
        "active": active,
        "domains": domains,
        "organization_id": None,
        "sync_user_attributes": True,
        "disable_additional_identifications": False,
        "allow_organization_account_linking": form.get("allow_organization_account_linking", False),
        "authenticatable": True,
        "disable_jit_provisioning": False,
        "custom_attributes": attributes,
        "saml_connection": _saml_json(call, form, saml) if uses_saml else None,
        "oauth_config": None if uses_saml else _oauth_json(form, oidc, now),
        "created_at": now,
        "updated_at": now,
    }
    call.instance.enterprise_connections[made["id"]] = made
    return 201, made


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/enterprise_connections", list_enterprise_connections),
    ("POST", "/v1/enterprise_connections", create_enterprise_connection),
)


def _body(call: InstanceCall) -> Document:
    try:
        return call.body()
    except errors.ClerkError as error:
        # The description has no 400 for this operation.
        raise errors.ClerkError(422, error.code, error.message) from None


def _domains(given: list[Any]) -> list[str]:
    if not given or not all(isinstance(each, str) for each in given):
        raise errors.param_invalid("domains", "must be at least one domain")
    domains = list(dict.fromkeys(each.lower() for each in given))
    if not all(DOMAIN.fullmatch(domain) for domain in domains):
        raise errors.param_invalid("domains", "must be fully qualified domain names")
    return domains


def _check_free(call: InstanceCall, domains: list[str]) -> None:
    for connection in call.instance.enterprise_connections.values():
        taken = sorted({*domains} & {*connection["domains"]})
        if taken:
            message = f"Another connection has the domain {taken[0]}."
            meta = {"param_name": "domains"}
            raise errors.ClerkError(409, "enterprise_connection_domain_taken", message, meta=meta)


def _saml(given: Document) -> Document:
    saml = checked(given, SAML)
    checked(saml.get("attribute_mapping", {}), MAPPING)
    if "login_hint" in saml:
        hint = checked(saml["login_hint"], LOGIN_HINT, ("mode",))
        if hint["mode"] not in LOGIN_HINTS:
            modes = ", ".join(LOGIN_HINTS)
            raise errors.param_invalid("saml.login_hint.mode", f"must be one of {modes}")
        saml["login_hint"] = hint
    return saml


def _attributes(given: list[Any]) -> list[Document]:
    attributes: list[Document] = []
    for each in given:
        if not isinstance(each, dict):
            raise errors.param_invalid("custom_attributes", "must be objects")
        form = checked(each, ATTRIBUTE, ("name", "key"))
        if not form["name"] or not ATTRIBUTE_KEY.fullmatch(form["key"]):
            raise errors.param_invalid("custom_attributes", "must have a name and a plain key")
        paths = {form[name] for name in ("scim_path", "directory_path") if name in form}
        if len(paths) > 1:
            raise errors.param_invalid("custom_attributes", "must have one path for a directory")
        both = dict.fromkeys(("scim_path", "directory_path"), *paths) if paths else {}
        attributes.append({**form, **both})
    return attributes


def _saml_json(call: InstanceCall, form: Document, saml: Document) -> Document:
    id_ = identifier("samlc")
    base = f"https://{call.instance.host}/v1/saml"
    return {
        "id": id_,
        "name": form["name"],
        **{name: saml.get(name) for name in ("idp_entity_id", "idp_sso_url", "idp_metadata_url")},
        "acs_url": f"{base}/acs/{id_}",
        "sp_entity_id": f"{base}/{id_}",
        "sp_metadata_url": f"{base}/metadata/{id_}",
        "active": form.get("active", False),
        "allow_idp_initiated": saml.get("allow_idp_initiated", False),
        "allow_subdomains": saml.get("allow_subdomains", False),
        "force_authn": saml.get("force_authn", False),
        "login_hint": saml.get("login_hint", {"mode": "email_address"}),
    }


def _oauth_json(form: Document, oidc: Document, now: int) -> Document:
    texts = ("client_id", "discovery_url", "auth_url", "token_url", "user_info_url")
    return {
        "id": identifier("oaconf"),
        "name": form["name"],
        "provider_key": form["provider"],
        **{name: oidc.get(name) for name in texts},
        "requires_pkce": oidc.get("requires_pkce", False),
        "logo_public_url": None,
        "created_at": now,
        "updated_at": now,
    }
