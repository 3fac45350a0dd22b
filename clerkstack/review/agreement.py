"""App, catalog and instance of a stack side by side, as `clerkstack check --live` tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from clerkstack.app.facts import PAYER
from clerkstack.reconcile.billing import TRIAL

Witness = dict[str, Any] | None


class _Part(BaseModel):
    # The command may tell more than is shown.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Row(_Part):
    """A plan or a feature: what each of the three says of it, None where it has none."""

    slug: str
    app: Witness = None
    catalog: Witness = None
    instance: Witness = None
    agree: bool

    def fields(self) -> list[str]:
        """The fields in which those that have it differ; who does not speak of a field does not
        disagree."""
        there = [each for each in (self.app, self.catalog, self.instance) if each is not None]
        names = dict.fromkeys(name for each in there for name in each)
        said = {
            name: [each[name] for each in there if each.get(name) is not None] for name in names
        }
        return [name for name, values in said.items() if not _same(values)]


class Source(_Part):
    """Where the app's code was read."""

    path: str | None = None
    commit: str | None = None


class Instance(_Part):
    """Whether the live instance was read, and whether there is one."""

    read: bool = False
    exists: bool | None = None


class Use(_Part):
    """A place in the app that asks for a slug."""

    kind: str
    slug: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    known: bool = True


class Unresolved(_Part):
    """A place in the app that can't be told without running it."""

    file: str = ""
    line: int | None = None
    column: int | None = None
    message: str


class Finding(_Part):
    """Something that is not as it is to be, what each witness says of it (None: nothing), and
    how to mend it."""

    kind: str = ""
    slug: str = ""
    field: str | None = None
    message: str
    mend: str | None = None
    where: str | None = None
    app: Any = None
    catalog: Any = None
    instance: Any = None

    @property
    def blocks(self) -> bool:
        """Whether it stays after the update: the app's code disagrees. What only the instance has
        otherwise than the catalog is what the update is there to change, but for what no update
        changes, or none that the state does not know of."""
        if self.field in (PAYER, TRIAL):
            return True
        if self.app is None:
            return self.catalog is None and self.instance is None
        return not _same([self.app, self.catalog])


class Agreement(_Part):
    """The three-way table of a stack."""

    app: Source | None = None
    instance: Instance = Instance()
    plans: tuple[Row, ...] = ()
    features: tuple[Row, ...] = ()
    uses: tuple[Use, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    notes_on_code: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    toggles_come: bool = False
    """Whether the previewed update writes billing's toggles."""

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Plans, then features, each with its kind."""
        yield from (("plan", row) for row in self.plans)
        yield from (("feature", row) for row in self.features)

    def blocking(self) -> list[Finding]:
        """The findings that the update itself does not mend."""
        return [
            each
            for each in self.findings
            if each.blocks and not (self.toggles_come and each.field == TRIAL)
        ]

    @property
    def app_declares(self) -> bool:
        """Whether the app's declaration was read. Its uses alone say of nothing that it is not
        there."""
        return self.app is not None and any(row.app is not None for _, row in self.rows())

    @property
    def live(self) -> bool:
        """Whether there is a live instance that was read."""
        return self.instance.read and self.instance.exists is not False


def _same(values: Sequence[Any]) -> bool:
    """Whether all are one; the order of a list of slugs means nothing."""
    plain = [sorted(map(str, each)) if isinstance(each, list) else each for each in values]
    return all(each == plain[0] for each in plain)
