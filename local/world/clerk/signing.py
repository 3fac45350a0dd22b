"""Session tokens, signed with the instance's own key, which the JSON Web Key Set publishes.

The claims are those of version 2 in Clerk's documentation of session tokens
(https://clerk.com/docs/guides/sessions/session-tokens): `o` is the active organization with id,
slug, role, permissions and the map from features to permissions; `pla` is the plan; `fea` are the
features of the plan. A permission is included if the organization's plan has the permission's
feature, or if billing is off.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.world.clerk.models import Instance
from local.world.clerk.schema import Document
from local.world.clerk.subscriptions import plan_of

KEY_BITS = 2048
LIFETIME_SECONDS = 60
CLOCK_SKEW_SECONDS = 10


def jwks(instance: Instance) -> Document:
    """Return the public key as JWKS."""
    public = _key(_pem(instance)).public_key().public_numbers()
    return {
        "keys": [
            {
                "kid": key_id(instance),
                "alg": "RS256",
                "use": "sig",
                "kty": "RSA",
                "n": _base64(public.n),
                "e": _base64(public.e),
            }
        ]
    }


def key_id(instance: Instance) -> str:
    """Return the id of the key: a digest, so that a new key has a new id."""
    return f"ins_{hashlib.sha256(_pem(instance).encode()).hexdigest()[:24]}"


def signed(instance: Instance, claims: Document) -> str:
    """Sign claims."""
    key = _key(_pem(instance))
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": key_id(instance)})


def opened(instance: Instance, token: str) -> Document | None:
    """Return the claims of a token that this instance signed; None for any other."""
    try:
        public = _key(_pem(instance)).public_key()
        claims: Document = jwt.decode(
            token, public, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
        return claims
    except (jwt.InvalidTokenError, ValueError):
        return None


def session_token(
    instance: Instance,
    session: Document,
    now: float,
    *,
    origin: str | None = None,
    lifetime: int = LIFETIME_SECONDS,
) -> str:
    """Create a token of a session; times are in seconds."""
    claims: Document = {
        "v": 2,
        "sub": session["user_id"],
        "sid": session["id"],
        "sts": "active",
        "iss": f"https://{instance.host}",
        "iat": int(now),
        "nbf": int(now) - CLOCK_SKEW_SECONDS,
        "exp": int(now) + lifetime,
        "jti": hashlib.sha256(f"{session['id']}:{now}".encode()).hexdigest()[:20],
        "fva": [0, -1],
        **_entitlements(instance, session),
    }
    if origin:
        claims["azp"] = origin
    return signed(instance, claims)


def _entitlements(instance: Instance, session: Document) -> Document:
    organization_id = session["last_active_organization_id"]
    member = None
    if organization_id is not None:
        member = instance.people.membership(organization_id, session["user_id"])
    claims: Document = {}
    if member is None:
        plan = plan_of(instance, session["user_id"])
        features = _features(instance, plan)
        claims |= {"pla": f"u:{plan}"} if plan else {}
        claims |= {"fea": ",".join(f"u:{each}" for each in features)} if features else {}
        return claims
    plan = plan_of(instance, member["organization_id"])
    features = _features(instance, plan)
    held = _own_permissions(instance, member["role"])
    if plan is None:
        features = sorted({feature for feature, _ in held})
    held = [(feature, action) for feature, action in held if feature in features]
    actions = sorted({action for _, action in held})
    organization = instance.people.organizations[member["organization_id"]]
    claims["o"] = {
        "id": organization["id"],
        "slg": organization["slug"],
        "rol": member["role"].removeprefix("org:"),
    }
    if actions:
        claims["o"]["per"] = ",".join(actions)
        claims["o"]["fpm"] = ",".join(str(_bits(feature, held, actions)) for feature in features)
    claims |= {"pla": f"o:{plan}"} if plan else {}
    claims |= {"fea": ",".join(f"o:{each}" for each in features)} if features else {}
    return claims


def _features(instance: Instance, plan: str | None) -> list[str]:
    if plan is None:
        return []
    billing = instance.config["billing"]
    held = billing["plans"][plan]["features"]
    return [slug for slug in held if billing["features"][slug].get("include_in_jwt", True)]


def _own_permissions(instance: Instance, role_key: str) -> list[tuple[str, str]]:
    """Return the role's permissions as (feature, action), without Clerk's own, which no token
    has."""
    for role in instance.roles.values():
        if role.key == role_key:
            held = (instance.permissions[id_] for id_ in role.permissions)
            parts = (each.key.split(":") for each in held if not each.system)
            return [(feature, action) for _, feature, action in parts]
    return []


def _bits(feature: str, held: list[tuple[str, str]], actions: list[str]) -> int:
    return sum(1 << at for at, action in enumerate(actions) if (feature, action) in held)


def _pem(instance: Instance) -> str:
    if not instance.people.signing_key:
        made = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
        instance.people.signing_key = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    return instance.people.signing_key


@functools.lru_cache(maxsize=64)
def _key(pem: str) -> rsa.RSAPrivateKey:
    key: Any = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
