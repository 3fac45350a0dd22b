"""The JSON output of the commands that change something, or try to."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from clerkstack.adopt.unmanaged_items import Unmanaged
from clerkstack.desired.secret_kinds import Kind
from clerkstack.report.document import Document, Part
from clerkstack.rotation.journal import Copy, Entry, Holder, Other, Running, fingerprint
from clerkstack.smoke.report import SmokeStep


class FieldToWrite(Part):
    """A field of the config that the next update writes; null means nothing."""

    field: str
    live: Any
    declared: Any


class DryRunDocument(Document):
    """`clerkstack dry-run --json`: what the next update would write, and which of it Clerk would
    not keep. `destructive`: something is set to null."""

    stack: str
    application: str
    instance: str
    changes: tuple[FieldToWrite, ...]
    destructive: bool
    not_kept: tuple[str, ...] = Field(serialization_alias="notKept")


class AdoptDocument(Document):
    """`clerkstack adopt --json`: the catalog and settings of a live deployment, the resources that
    the stack took over, and what it leaves alone."""

    stack: str
    application: str
    instance: str
    catalog: str | None
    plans: tuple[str, ...]
    features: tuple[str, ...]
    settings: dict[str, Any]
    resources: tuple[str, ...]
    left_alone: tuple[Unmanaged, ...] = Field(serialization_alias="leftAlone")
    foreign_keys: tuple[Unmanaged, ...] = Field(serialization_alias="foreignKeys")


class MoveDocument(Document):
    """`clerkstack move --json`. `pending` is the number of changes that an update would make,
    before and after; `config` is the file that the new secrets provider encrypts; `left_behind` are
    the stacks of the old backend that use the same instance."""

    stack: str
    source: str
    target: str
    resources: int
    pending: int
    config: str | None
    left_behind: tuple[str, ...]


class PremiseSeen(Part):
    """A premise, and what an account shows about it."""

    id: str
    state: str
    seen: str
    what: str
    otherwise: str


class ProbeDocument(Document):
    """`clerkstack probe --json`: whether the services behave as clerkstack expects."""

    stack: str
    application: str
    instance: str
    premises: tuple[PremiseSeen, ...]


class SmokeDocument(Document):
    """`clerkstack smoke --json`: each step that a new customer takes."""

    url: str
    ok: bool
    interrupted: bool
    steps: tuple[SmokeStep, ...]


class CleanUpDocument(Document):
    """`clerkstack smoke --clean-up --json`: what the command removed."""

    removed: tuple[str, ...]


class RotationSecret(Part):
    """One secret of a rotation, by fingerprint. Times are milliseconds since 1970."""

    old: str
    new: str | None
    minted: int | None
    old_ends: int | None


class RotationUnderWay(Part):
    """A rotation that is not finished, or whose old secrets may still be valid."""

    id: str
    who: str
    reason: str
    overlap_hours: int
    started: int
    aborting: bool
    returning: bool
    holder: Holder | None
    replaces: RotationUnderWay | None
    looked: bool
    copies: tuple[Copy, ...]
    others: tuple[Other, ...]
    next: str
    secrets: dict[Kind, RotationSecret]

    @classmethod
    def of(cls, running: Running, following: str) -> RotationUnderWay:
        """Without the secrets themselves; `following` is the next step."""
        replaces = running.replaces
        return cls(
            id=running.id,
            who=running.who,
            reason=running.reason,
            overlap_hours=running.overlap_hours,
            started=running.started,
            aborting=running.aborting,
            returning=running.returning,
            holder=running.holder,
            replaces=None if replaces is None else cls.of(replaces, "it was replaced"),
            looked=running.looked,
            copies=tuple(running.copies),
            others=tuple(running.others),
            next=following,
            secrets={
                kind: RotationSecret(
                    old=fingerprint(side.old),
                    new=None if side.new is None else fingerprint(side.new),
                    minted=side.minted,
                    old_ends=side.old_ends,
                )
                for kind, side in running.sides.items()
            },
        )


class RotationStatusDocument(Document):
    """`clerkstack rotate --status --json`. Times are milliseconds since 1970: `doomed` is when a
    secret in use expires, `since` when each secret was written."""

    stack: str
    over: bool
    running: RotationUnderWay | None
    last: RotationUnderWay | None
    doomed: dict[Kind, int]
    waiting: tuple[Other, ...]
    since: dict[Kind, int]


class RotationsDocument(Document):
    """`clerkstack rotate --history --json`: the rotations of a stack, the newest first."""

    stack: str
    rotations: tuple[Entry, ...]


class RotationDocument(Document):
    """`clerkstack rotate --json`: the finished rotation, null if there was none."""

    stack: str
    rotation: Entry | None
