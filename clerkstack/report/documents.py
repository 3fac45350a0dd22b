"""The JSON output of each command."""

from __future__ import annotations

from pydantic import Field

from clerkstack.checks.finding import Finding
from clerkstack.parity.compare import Unread
from clerkstack.report.document import Document, Part


class DriftDocument(Document):
    """`clerkstack drift --json`: what a stack declares and what is live, where they differ.

    A finding's `expected` is what is declared, its `found` what is live; null is nothing.
    """

    stack: str
    application: str
    instance: str
    findings: tuple[Finding, ...]


class InstanceOfStack(Part):
    """Which instance a stack has."""

    stack: str
    application: str
    instance: str


class ParityDocument(Document):
    """`clerkstack parity --json`: where two live instances differ.

    A finding's `check` is the kind of what differs, `expected` what the instance of `--from` has,
    `found` what that of `--to` has. `unread` is what could not be compared.
    """

    reference: InstanceOfStack = Field(alias="from", validation_alias="from")
    target: InstanceOfStack = Field(alias="to", validation_alias="to")
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
