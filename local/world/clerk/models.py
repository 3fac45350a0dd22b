"""Clerk's data: applications, their instances, and the contents of each."""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import asdict, dataclass, field
from typing import Any

from local.world.clerk.people import People
from local.world.clerk.schema import Document
from local.world.minted import minted

LETTERS = string.ascii_letters + string.digits
MODES = {"development": "test", "production": "live"}
SYSTEM_PERMISSIONS = {
    "org:sys_profile:manage": "Manage organization",
    "org:sys_profile:delete": "Delete organization",
    "org:sys_memberships:read": "Read members",
    "org:sys_memberships:manage": "Manage members",
    "org:sys_domains:read": "Read domains",
    "org:sys_domains:manage": "Manage domains",
    "org:sys_billing:read": "Read billing",
    "org:sys_billing:manage": "Manage billing",
    "org:sys_api_keys:read": "Read API keys",
    "org:sys_api_keys:manage": "Manage API keys",
}
MEMBER_PERMISSIONS = ("org:sys_memberships:read", "org:sys_billing:read")
CREATOR_NEEDS = frozenset(
    {"org:sys_profile:delete", "org:sys_memberships:read", "org:sys_memberships:manage"}
)
"""The permissions that the creator's role of organizations needs
(https://clerk.com/docs/organizations/creator-role)."""
STANDARD_ROLES = ("org:admin", "org:member")
"""The roles that every instance has from the beginning, in the initial role set."""
INITIAL_SET = "role_set:default"


def identifier(prefix: str) -> str:
    """Create an id in the vendor's form."""
    return f"{prefix}_{''.join(secrets.choice(LETTERS) for _ in range(27))}"


def publishable_key(environment: str, host: str) -> str:
    """Create the key with the address of the Frontend API; its base64 has no padding."""
    held = base64.b64encode(f"{host}$".encode()).decode().rstrip("=")
    return f"pk_{MODES[environment]}_{held}"


def secret_key(environment: str) -> str:
    """Make a new secret key."""
    random = "".join(secrets.choice(LETTERS) for _ in range(40))
    return minted("a secret key", f"sk_{MODES[environment]}_{random}")


@dataclass
class Permission:
    """A permission; times are milliseconds since the epoch."""

    id: str
    key: str
    name: str
    created_at: int
    updated_at: int
    description: str = ""

    @property
    def system(self) -> bool:
        """Whether it is Clerk's own."""
        return self.key.startswith("org:sys_")

    def to_json(self) -> Document:
        """Return it as Permission."""
        kind = "system" if self.system else "user"
        return {"object": "permission", **asdict(self), "type": kind}


@dataclass
class Role:
    """An organization role; ``permissions`` are ids, times are milliseconds."""

    id: str
    key: str
    name: str
    created_at: int
    updated_at: int
    description: str | None = None
    permissions: list[str] = field(default_factory=list)


@dataclass
class RoleSet:
    """The roles that members of its organizations can have. ``roles``, ``default_role`` and
    ``creator_role`` are ids, times are milliseconds. One set of an instance is the initial one."""

    id: str
    key: str
    name: str
    roles: list[str]
    default_role: str
    creator_role: str
    created_at: int
    updated_at: int
    type: str = "custom"
    description: str | None = None


@dataclass
class SecretKey:
    """A secret key; ``expires_at`` is seconds since the epoch, None while it is the current one."""

    value: str
    expires_at: float | None = None


@dataclass
class Domain:
    """An instance's domain. ``records`` says whether its DNS records exist, ``verified`` what the
    last check found. Times are seconds since the epoch. A satellite may be served through the app's
    own proxy."""

    id: str
    name: str
    created_at: float
    records: bool = False
    verified: bool = False
    checked_at: float | None = None
    satellite: bool = False
    proxy_url: str | None = None


@dataclass
class Subscription:
    """One payer's subscription to a plan, which is a slug; the time is milliseconds."""

    id: str
    plan: str
    payer_id: str
    created_at: int


@dataclass
class Instance:
    """One environment of an application. ``version`` counts the effective writes to its config.

    ``subscriptions`` are the active ones, the oldest first. The last three are by id, as the
    Backend API shows them.
    """

    id: str
    environment: str
    host: str
    domain: Domain
    secrets: list[SecretKey]
    created_at: float
    config: Document
    version: int = 1
    ids: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    role_sets: dict[str, RoleSet] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    jwt_templates: dict[str, Document] = field(default_factory=dict)
    redirect_urls: dict[str, Document] = field(default_factory=dict)
    enterprise_connections: dict[str, Document] = field(default_factory=dict)
    people: People = field(default_factory=People)
    satellites: list[Domain] = field(default_factory=list)

    @property
    def domains(self) -> list[Domain]:
        """Its own domain, then its satellites."""
        return [self.domain, *self.satellites]

    @property
    def publishable_key(self) -> str:
        """The public key."""
        return publishable_key(self.environment, self.host)

    @property
    def secret(self) -> str:
        """The current secret key."""
        return self.secrets[-1].value

    def accepts(self, key: str, now: float) -> bool:
        """Return whether a secret key opens the instance: the current one, or one in its
        overlap."""
        return any(
            secrets.compare_digest(each.value.encode(), key.encode())
            and (each.expires_at is None or now < each.expires_at)
            for each in self.secrets
        )

    def id_of(self, kind: str, slug: str) -> str:
        """Return the id of a plan or feature, the same as long as the slug lives."""
        name = f"{kind}:{slug}"
        if name not in self.ids:
            prefix = {"plan": "cplan", "feature": "feat"}[kind]
            self.ids[name] = identifier(prefix)
        return self.ids[name]

    def role_json(self, role: Role) -> Document:
        """Return a role as Role, with its permissions in full."""
        held = [
            self.permissions[permission]
            for permission in role.permissions
            if permission in self.permissions
        ]
        return {
            "object": "role",
            "id": role.id,
            "name": role.name,
            "key": role.key,
            "description": role.description,
            "is_creator_eligible": {each.key for each in held} >= CREATOR_NEEDS,
            "permissions": [each.to_json() for each in held],
            "created_at": role.created_at,
            "updated_at": role.updated_at,
        }

    @classmethod
    def from_dump(cls, dumped: dict[str, Any]) -> Instance:
        """Restore from the result of ``asdict``."""
        fields = dict(dumped)
        fields["domain"] = Domain(**fields["domain"])
        fields["satellites"] = [Domain(**each) for each in fields.get("satellites", [])]
        fields["secrets"] = [SecretKey(**each) for each in fields["secrets"]]
        fields["roles"] = {id_: Role(**each) for id_, each in fields["roles"].items()}
        fields["permissions"] = {
            id_: Permission(**each) for id_, each in fields["permissions"].items()
        }
        # Older states have none.
        sets = fields.get("role_sets", {})
        fields["role_sets"] = {id_: RoleSet(**each) for id_, each in sets.items()}
        fields["subscriptions"] = [Subscription(**each) for each in fields.get("subscriptions", ())]
        fields["people"] = People(**fields.get("people", {}))
        instance = cls(**fields)
        if not instance.role_sets:
            with_initial_set(instance, int(instance.created_at * 1000))
        return instance


@dataclass
class Application:
    """An application with its instances by id."""

    id: str
    name: str
    instances: dict[str, Instance] = field(default_factory=dict)

    def to_json(self, *, secret_keys: bool) -> Document:
        """Return it as PlatformApplicationResponse."""
        return {
            "application_id": self.id,
            "name": self.name,
            "instances": [
                {
                    "instance_id": instance.id,
                    "environment_type": instance.environment,
                    "publishable_key": instance.publishable_key,
                    **({"secret_key": instance.secret} if secret_keys else {}),
                }
                for instance in self.instances.values()
            ],
        }

    @classmethod
    def from_dump(cls, dumped: dict[str, Any]) -> Application:
        """Restore from the result of ``asdict``."""
        instances = {id_: Instance.from_dump(each) for id_, each in dumped["instances"].items()}
        return cls(dumped["id"], dumped["name"], instances)


def with_standard_roles(instance: Instance, now: int) -> None:
    """Give a fresh instance Clerk's own permissions and roles."""
    for key, name in SYSTEM_PERMISSIONS.items():
        made = Permission(identifier("perm"), key, name, now, now)
        instance.permissions[made.id] = made
    everything = list(instance.permissions)
    reading = [id_ for id_, each in instance.permissions.items() if each.key in MEMBER_PERMISSIONS]
    for key, name, held in (("admin", "Admin", everything), ("member", "Member", reading)):
        role = Role(identifier("role"), f"org:{key}", name, now, now, None, held)
        instance.roles[role.id] = role
    with_initial_set(instance, now)


def with_initial_set(instance: Instance, now: int) -> None:
    """Give an instance the role set that new organizations get."""
    admin, member = (
        next(role.id for role in instance.roles.values() if role.key == key)
        for key in STANDARD_ROLES
    )
    made = RoleSet(
        id=identifier("role_set"),
        key=INITIAL_SET,
        name="Default role set",
        roles=[admin, member],
        default_role=member,
        creator_role=admin,
        created_at=now,
        updated_at=now,
        type="initial",
    )
    instance.role_sets[made.id] = made
