"""The instance config: one document, read once, written section by section.

Clerk Platform API: PlatformGetConfig, PlatformPatchConfig. Every write carries the version
that it was planned from (If-Match), and every write is followed by a read that is compared
with what was declared, because a PATCH can answer 200 and keep nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clerkstack.clients.errors import Conflict, ServerError, Unreachable
from clerkstack.failures import ResourceFailed
from clerkstack.reconcile.changes import Path
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject, as_object, as_objects

if TYPE_CHECKING:
    from clerkstack.clients.platform import Config, PlatformClient

Planner = Callable[[Mapping[str, Json]], WritePlan]
Judge = Callable[[WritePlan, Mapping[str, Json]], None]
"""Judges a write and the sections that it was planned from; raises if it must not be sent."""

# A write may have side effects (billing creates its default plans, enabling organizations turns
# force_organization_selection on), so the rest is planned again after a read-back. A field that was
# sent this many times and is still not shown is not kept.
SENT_AT_MOST = 2
CONFLICTS = 3


class ConfigDocument:
    """One instance's config, shared by all resources of a run so that it is read once.

    The lock serializes the sections of one run, so conflicts can come only from somebody else.
    """

    def __init__(self, platform: PlatformClient, application_id: str, instance: str) -> None:
        self._platform = platform
        self._application_id = application_id
        self._instance = instance
        self._lock = threading.RLock()
        self._known: Config | None = None

    def sections(self, *, fresh: bool = False) -> Mapping[str, Json]:
        """The config's sections; read once in a run, or again if `fresh`."""
        return self._config(fresh=fresh).sections

    @property
    def version(self) -> str:
        """The version that was last read."""
        return self._config().version

    def advertised(self) -> dict[str, JsonObject]:
        """The fields by section that this instance's config has, each with its JSON Schema
        (PlatformGetConfigSchema)."""
        schema = self._platform.get_config_schema(self._application_id, self._instance)
        sections = as_objects(schema.get("properties"), "properties")
        return {
            name: as_object(section.get("properties"), f"{name}.properties")
            for name, section in sections.items()
        }

    @property
    def known(self) -> Mapping[str, Json] | None:
        """The sections, if this run has read them, else None."""
        return None if self._known is None else self._known.sections

    def try_out(self, plan: WritePlan) -> Mapping[str, Json]:
        """The sections after a dry run of a write, according to Clerk; nothing is written.

        Raises:
            NotADryRun: the answer does not confirm that it was one.
            ApiError, Unreachable: Clerk refused or could not be reached.
        """
        return self._platform.patch_config(
            self._application_id,
            self._instance,
            plan.body,
            if_match=self._config().version,
            dry_run=True,
            destructive=plan.destructive,
        ).after

    def reconcile(self, plan: Planner, judge: Judge | None = None) -> Mapping[str, Json]:
        """Change the config to what `plan` returns, and return the new sections.

        No write if nothing differs; otherwise one write, and another one if the read-back does not
        show all of it. `plan` is called again after a conflict and after the read-back; `judge`
        checks each write before it is sent.

        Raises:
            ResourceFailed: somebody else changed the same fields meanwhile, or Clerk accepted
                a field and does not show it.
            ApiError, Unreachable: Clerk refused or could not be reached.
        """
        with self._lock:
            times: Counter[Path] = Counter()
            left = plan(self._config().sections)
            while (paths := left.paths) and all(times[path] < SENT_AT_MOST for path in paths):
                if judge is not None:
                    judge(left, self._config().sections)
                times.update(paths)
                self._write(plan, left)
                sections = self._config(fresh=True).sections
                left = plan(sections).after(sections)
            if left:
                lost = "\n".join(f"  {change}" for change in (*left.changes, *left.unseen))
                raise ResourceFailed(
                    f"Clerk accepted the write to the {self._instance} instance of "
                    f"{self._application_id} but does not show these fields (live → "
                    f"declared):\n{lost}\nSet them in the dashboard, or ask Clerk's support "
                    "whether your workspace's plan includes them; then run the same command "
                    "again."
                )
            return self._config().sections

    def _config(self, *, fresh: bool = False) -> Config:
        with self._lock:
            if self._known is None or fresh:
                self._known = self._platform.get_config(self._application_id, self._instance)
            return self._known

    def _write(self, plan: Planner, write: WritePlan) -> None:
        """Send one write. Raises like `reconcile`."""
        for _ in range(CONFLICTS):
            try:
                self._platform.patch_config(
                    self._application_id,
                    self._instance,
                    write.body,
                    if_match=self._config().version,
                    destructive=write.destructive,
                )
                return
            except Conflict as conflict:
                if conflict.code != "config_version_conflict":
                    raise
                again = plan(self._config(fresh=True).sections)
                if not again.changes and not write.unseen:
                    return
                if again.changes != write.changes:
                    moved = "\n".join(f"  {change}" for change in again.changes)
                    raise ResourceFailed(
                        f"Somebody changed the {self._instance} instance of "
                        f"{self._application_id} while this ran, so the write would differ "
                        f"from the preview (live → declared):\n{moved}\nNothing was written. "
                        "Check the new differences with `pulumi refresh` and `pulumi preview "
                        "--diff`, then run again."
                    ) from None
            except (ServerError, Unreachable) as failure:
                if isinstance(failure, Unreachable) and not failure.sent:
                    raise
                # The write may have arrived: only the config itself shows it.
                sections = self._config(fresh=True).sections
                if write.changes and not plan(sections).after(sections):
                    return
                raise
        raise ResourceFailed(
            f"The config of the {self._instance} instance of {self._application_id} changed "
            f"{CONFLICTS} times while this ran. Something else is writing to it: wait until "
            "that ends, then run again."
        )
