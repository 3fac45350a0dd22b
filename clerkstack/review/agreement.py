"""App, catalog and instance of a stack side by side, as `clerkstack check --live` tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

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
        """The fields in which those that have it differ."""
        there = [each for each in (self.app, self.catalog, self.instance) if each is not None]
        # One that does not speak of a field has nothing to disagree with.
        names = dict.fromkeys(name for each in there for name in each)
        told = {
            name: [each[name] for each in there if each.get(name) is not None] for name in names
        }
        return [name for name, values in told.items() if any(one != values[0] for one in values)]


class Source(_Part):
    """Where the app's code was read."""

    path: str | None = None
    commit: str | None = None


class Instance(_Part):
    """Whether the live instance was read."""

    read: bool = False


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
    """A disagreement, and how to mend it."""

    kind: str = ""
    slug: str = ""
    field: str | None = None
    message: str
    mend: str | None = None
    where: str | None = None


class Agreement(_Part):
    """The three-way table of a stack."""

    app: Source | None = None
    instance: Instance = Instance()
    plans: tuple[Row, ...] = ()
    features: tuple[Row, ...] = ()
    uses: tuple[Use, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    findings: tuple[Finding, ...] = ()

    def rows(self) -> Iterable[tuple[str, Row]]:
        """Plans, then features, each with its kind."""
        yield from (("plan", row) for row in self.plans)
        yield from (("feature", row) for row in self.features)

    def blocking(self) -> list[Finding]:
        """The findings that the update itself does not mend: app and catalog disagree, or a use
        is of a slug that nobody has. What only the instance has otherwise is what the update is
        there to change."""
        return [each for each in self.findings if self._blocks(each)]

    def _blocks(self, finding: Finding) -> bool:
        rows = {(kind, row.slug): row for kind, row in self.rows()}
        row = rows.get((finding.kind, finding.slug))
        if row is None:
            return True
        if row.app is None or row.catalog is None:
            # One of them alone has it. Without an app there is nobody to disagree.
            return self.app is not None and row.app is not row.catalog
        pair = [row.app.get(finding.field or ""), row.catalog.get(finding.field or "")]
        if None not in pair:
            return bool(pair[0] != pair[1])
        # A field of another name than the rows have: any difference may be the one that is meant.
        both = Row(slug=row.slug, app=row.app, catalog=row.catalog, agree=False)
        return finding.field != "exists" and bool(both.fields())
