"""Clerk's state, and the effects of its operations on it. Knows no HTTP."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Sequence
from typing import Any

from local.world.clerk import config, dashboard, domains, errors, role_sets
from local.world.clerk.instances import clone, keep_ids, seeded, version
from local.world.clerk.models import (
    Application,
    Domain,
    Instance,
    SecretKey,
    identifier,
    secret_key,
    with_standard_roles,
)
from local.world.clerk.readings import Readings
from local.world.clerk.schema import Document, fresh_config, schema_of, section_names, shown
from local.world.clerk.sections import SECTIONS
from local.world.clerk.subscriptions import subscribed
from local.world.svix import SvixBackend
from local.world.text import as_plain

MANAGE = "applications:manage"
SECONDS_OF_HOUR = 3600


class ClerkBackend:
    """The applications of one workspace.

    ``plan_limit`` is how many plans an instance may have besides the default ones, None for no
    limit. ``api_keys_config`` advertises the config section `api_keys_settings`, which live
    instances have not shown. ``gated`` are the features that the workspace's own plan lacks.
    ``roles_offered`` says whether the account has roles and role sets, and ``roles_included``
    whether a role is in the initial role set if CreateOrganizationRole does not say so, which is
    undocumented. ``clock`` returns seconds since the epoch.
    """

    def __init__(
        self,
        *,
        svix: SvixBackend,
        clock: Callable[[], float] = time.time,
        plan_limit: int | None = None,
        api_keys_config: bool = False,
    ) -> None:
        self.svix = svix
        self.clock = clock
        self.plan_limit = plan_limit
        self.api_keys_config = api_keys_config
        self.gated: list[str] = []
        self.readings = Readings()
        self.roles_offered = True
        self.roles_included = False
        self.applications: dict[str, Application] = {}
        self.platform_keys: dict[str, list[str]] = {}

    # -- state ----------------------------------------------------------------------------------

    def dump(self) -> Document:
        """Return the state, as JSON."""
        state: Document = as_plain(self.live())
        return state

    def live(self) -> dict[str, Any]:
        """Return the state itself, for writing at once."""
        return {
            "plan_limit": self.plan_limit,
            "api_keys_config": self.api_keys_config,
            "gated": self.gated,
            "readings": self.readings,
            "roles_offered": self.roles_offered,
            "roles_included": self.roles_included,
            "platform_keys": self.platform_keys,
            "applications": self.applications,
        }

    def load(self, state: Document) -> None:
        """Load a state; keep the previous one if this one is incomplete."""
        state = pickle.loads(pickle.dumps(state))  # the fastest copy: states are loaded often
        applications = {
            id_: Application.from_dump(each) for id_, each in state["applications"].items()
        }
        self.plan_limit = state["plan_limit"]
        self.api_keys_config = state["api_keys_config"]
        # Older states have none.
        self.gated = state.get("gated", [])
        self.readings = Readings(**state.get("readings", {}))
        self.roles_offered = state.get("roles_offered", True)
        self.roles_included = state.get("roles_included", False)
        self.platform_keys = state["platform_keys"]
        self.applications = applications

    def seed_application(self, *, application_id: str, name: str, platform_key: str) -> Application:
        """Make an application with its development instance; ids and keys follow from the id."""
        self.platform_keys[platform_key] = [MANAGE]
        application = Application(application_id, name)
        self.applications[application_id] = application
        instance = seeded(application_id, self.clock())
        application.instances[instance.id] = instance
        return application

    def now_ms(self) -> int:
        """The time in milliseconds since the epoch."""
        return int(self.clock() * 1000)

    # -- authentication
    # ---------------------------------------------------------------------------------

    def check_platform_key(self, key: str) -> None:
        """Refuse a key that may not manage applications.

        Raises:
            ClerkError: 401 for an unknown key or one of another kind, 403 without the scope.
        """
        if key not in self.platform_keys:
            raise errors.invalid_platform_key()
        if MANAGE not in self.platform_keys[key]:
            raise errors.missing_scope(MANAGE)

    def instance_of_key(self, key: str) -> Instance:
        """Return the instance of a secret key.

        Raises:
            ClerkError: 401; a rotated key is valid until its overlap ends.
        """
        now = self.clock()
        for instance in self.instances():
            if instance.accepts(key, now):
                return instance
        raise errors.invalid_secret_key()

    def instance_of_host(self, host: str) -> Instance:
        """Return the instance whose Frontend API has this host.

        Raises:
            ClerkError: there is none.
        """
        for instance in self.instances():
            if host.lower() in (instance.host, f"{instance.host}:443"):
                return instance
        raise errors.host_invalid(host)

    # -- applications and instances -------------------------------------------------------------

    def instances(self) -> list[Instance]:
        """List the instances of all applications."""
        return [each for app in self.applications.values() for each in app.instances.values()]

    def application(self, application_id: str) -> Application:
        """Return the application.

        Raises:
            ClerkError: there is none.
        """
        if application_id not in self.applications:
            raise errors.not_found("application", application_id)
        return self.applications[application_id]

    def instance(self, application_id: str, environment_or_id: str) -> Instance:
        """Return an application's instance by its environment or its id.

        Raises:
            ClerkError: there is none.
        """
        for instance in self.application(application_id).instances.values():
            if environment_or_id in (instance.environment, instance.id):
                return instance
        raise errors.not_found("instance", environment_or_id)

    def create_instance(
        self, application_id: str, *, domain: str, clone_of: str | None
    ) -> Instance:
        """Make the production instance.

        A clone has the config and the roles of development, without what Clerk does not copy:
        OAuth and enterprise connections, paths, webhooks, domains, JWT templates, redirect URLs.

        Raises:
            ClerkError: there is one already, the domain is taken, or there is nothing to clone.
        """
        application = self.application(application_id)
        name = domain.strip().lower()
        source = None if clone_of is None else self.instance(application_id, clone_of)
        if source is not None and (source.id != clone_of or source.environment != "development"):
            raise errors.not_found("development instance", str(clone_of))
        if domains.production_domains(application):
            raise errors.production_exists()
        domains.check_name(name)
        if any(each.name == name for instance in self.instances() for each in instance.domains):
            raise errors.domain_taken(name)
        instance = Instance(
            id=identifier("ins"),
            environment="production",
            host=f"clerk.{name}",
            domain=Domain(identifier("dmn"), name, self.clock()),
            secrets=[SecretKey(secret_key("production"))],
            created_at=self.clock(),
            config=fresh_config("production"),
        )
        if source is None:
            with_standard_roles(instance, self.now_ms())
        else:
            clone(source, instance)
        application.instances[instance.id] = instance
        return instance

    def rotate(self, instances: Sequence[Instance], overlap_hours: int) -> None:
        """Give each instance a new secret key; the old ones stay valid for the overlap."""
        now = self.clock()
        until = now + overlap_hours * SECONDS_OF_HOUR
        for instance in instances:
            living = [
                key for key in instance.secrets if key.expires_at is None or key.expires_at > now
            ]
            for key in living:
                key.expires_at = until if key.expires_at is None else min(key.expires_at, until)
            instance.secrets = [*living, SecretKey(secret_key(instance.environment))]

    def age_overlaps(self, seconds: float) -> None:
        """Make replaced secret keys expire so many seconds earlier."""
        for key in (key for instance in self.instances() for key in instance.secrets):
            if key.expires_at is not None:
                key.expires_at -= seconds

    # -- config ---------------------------------------------------------------------------------

    def sections(self) -> list[str]:
        """Return the names of the sections that the config advertises."""
        return section_names(api_keys=self.api_keys_config)

    def config_schema(self, keys: Sequence[str]) -> Document:
        """Return the JSON Schema of the sections, of all if none is named.

        Raises:
            ClerkError: unknown_config_key.
        """
        config.check_names(keys, self.sections())
        return schema_of([name for name in self.sections() if name in keys or not keys])

    def read_config(self, instance: Instance, keys: Sequence[str]) -> Document:
        """Return the sections in a stable order, with a placeholder for each secret.

        Raises:
            ClerkError: unknown_config_key.
        """
        config.check_names(keys, self.sections())
        return {
            name: shown(instance.config[name], SECTIONS[name])
            for name in self.sections()
            if name in keys or not keys
        }

    def write_config(
        self,
        instance: Instance,
        change: Document,
        *,
        if_match: str | None = None,
        replace: bool = False,
        destructive: bool = False,
        dry_run: bool = False,
        keys: Sequence[str] = (),
        by_hand: bool = False,
    ) -> Document:
        """Change the config atomically; return version, before and after.

        The version increases with every effective write. Changes ``by_hand`` ignore the gates of
        the workspace's plan, and are never lost. A dry run is checked like a write and returns what
        it would do, with the current version.

        Raises:
            ClerkError: the write is refused.
        """
        current = version(instance)
        provided = None if if_match is None else if_match.strip().removeprefix("W/").strip('"')
        if provided is not None and provided not in (current, "*"):
            raise errors.version_conflict(current, provided)
        config.check_names(keys, self.sections())
        after = config.written(
            instance.config,
            change,
            config.Place(
                environment=instance.environment,
                known=self.sections(),
                readings=self.readings,
                plan_limit=self.plan_limit,
                gated=() if by_hand else self.gated,
                subscribed=subscribed(instance),
            ),
            replace=replace,
            destructive=destructive,
        )
        role_sets.settle_config(instance, after)
        if not by_hand:
            config.quietly_lost(instance.config, after, change, self.readings)
        echoed = [name for name in self.sections() if name in (keys or change)]
        answer = {
            "dry_run": dry_run,
            "before": {name: shown(instance.config[name], SECTIONS[name]) for name in echoed},
            "after": {name: shown(after[name], SECTIONS[name]) for name in echoed},
        }
        if not dry_run:
            self.replace_config(instance, after)
        return {"config_version": version(instance), **answer}

    def replace_config(self, instance: Instance, after: Document) -> None:
        """Replace the instance's config."""
        if after != instance.config:
            keep_ids(instance, after)
            instance.config = after
            instance.version += 1
            role_sets.from_config(instance)

    # -- the dashboard ------------------------------------------------------------------------

    def dashboard(self, action: str, body: dict[str, Any]) -> Any:
        """Act as a person in the dashboard; see ``local.world.clerk.dashboard``."""
        return dashboard.act(self, action, body)
