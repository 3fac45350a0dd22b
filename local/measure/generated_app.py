"""Generates an app of many TypeScript files, to measure the search for checks.

Every file has a component and a function; some check a slug or a constant of another file, and some
have an unrelated `has`, so that they are parsed in vain.
"""

from __future__ import annotations

import json
from pathlib import Path

FILES, CHECKS = 500, 60
OTHERS_EACH = 7  # one in so many files has the `has` of a collection
PLANS = ("free", "basic", "pro", "enterprise")
FEATURES = 40

CONSTANTS = """\
export const PLANS = {{ {plans} }} as const
export const FEATURES = {{ {features} }} as const
"""
PART = """\
import {{ useMemo, useState }} from 'react'
import {{ sum{before} }} from '@/parts/part{before}'
{imported}
type Row{number} = {{ id: string; amount: number; tags: string[] }}

export function sum{number}(rows: readonly Row{number}[]): number {{
  let total = 0
  for (const row of rows) {{
    if (row.amount < 0) throw new Error(`row ${{row.id}} is negative`)
    total += row.tags.length > 2 ? row.amount * 2 : row.amount
  }}
  return total
}}
{asked}
export default function Part{number}(props: {{ rows: Row{number}[]; title?: string }}) {{
  const [open, setOpen] = useState(false)
  const total = useMemo(() => sum{number}(props.rows), [props.rows])
  const shown = props.rows.filter((row) => row.amount > 0).map((row) => row.id.toUpperCase())
  return (
    <section aria-label={{props.title ?? 'Part {number}'}}>
      <h2 onClick={{() => setOpen(!open)}}>{{props.title}} ({{total}})</h2>
      {{open ? <ul>{{shown.map((id) => <li key={{id}}>{{id}}</li>)}}</ul> : null}}
      <footer>{{sum{before}([])}} of {{props.rows.length}}</footer>
    </section>
  )
}}
"""
ASKS_CLERK = """\
import { auth } from '@clerk/nextjs/server'
import { FEATURES, PLANS } from '@/lib/billing'
"""
ASKED = (
    "if (!has({{ plan: PLANS.{plan}.slug }})) return null",
    "if (!has({{ feature: FEATURES.FEATURE_{feature} }})) return null",
    "if (!has({{ plan: '{plan}' }})) return null",
    "if (!has({{ feature: 'feature_{feature}' }})) return null",
)
ASKING = """
export async function allowed{number}() {{
  const {{ has }} = await auth()
  {check}
  return true
}}
"""
OTHER = """
const seen{number} = new Map<string, Row{number}>()
export const isKnown{number} = (plan: string) => seen{number}.has(plan)
"""


def write_app(folder: Path, files: int = FILES, checks: int = CHECKS) -> None:
    """Write the app.

    Args:
        folder: the folder to create.
        files: the number of files with a component, at least as many as checks.
        checks: the number of files with a check.

    Raises:
        ValueError: there are more checks than files.
    """
    if checks > files:
        raise ValueError(f"{checks} checks do not fit into {files} files")
    parts, lib = folder / "src" / "parts", folder / "src" / "lib"
    for made in (parts, lib):
        made.mkdir(parents=True)
    aliases = {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}
    (folder / "tsconfig.json").write_text(json.dumps(aliases))
    (lib / "billing.ts").write_text(_constants())
    asking = {number * files // checks for number in range(checks)}
    for number in range(files):
        (parts / f"part{number}.tsx").write_text(_part(number, files, asks=number in asking))


def _constants() -> str:
    plans = ", ".join(f"{plan}: {{ slug: '{plan}' }}" for plan in PLANS)
    features = ", ".join(f"FEATURE_{each}: 'feature_{each}'" for each in range(FEATURES))
    return CONSTANTS.format(plans=plans, features=features)


def _part(number: int, files: int, *, asks: bool) -> str:
    asked = ""
    if asks:
        form = ASKED[number % len(ASKED)]
        plan, feature = PLANS[number % len(PLANS)], number % FEATURES
        asked = ASKING.format(number=number, check=form.format(plan=plan, feature=feature))
    elif number % OTHERS_EACH == 0:
        asked = OTHER.format(number=number)
    return PART.format(
        number=number,
        before=(number or files) - 1,
        imported=ASKS_CLERK if asks else "",
        asked=asked,
    )
