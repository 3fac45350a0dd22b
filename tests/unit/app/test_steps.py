"""The limit of steps for the evaluation of one check."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.app import evaluate
from clerkstack.app.scan import scan


def test_each_check_has_steps_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "STEPS", 1500)
    (tmp_path / "may.ts").write_text(
        "import { useAuth } from '@clerk/nextjs'\n"
        "export const may = (plan: string) => useAuth().has({ plan })\n"
    )
    for n in range(400):
        (tmp_path / f"a{n}.ts").write_text(f"import {{ may }} from './may'\nmay('p{n}')\n")

    found = scan(tmp_path)

    assert {use.slug for use in found.uses} == {f"p{n}" for n in range(400)}
