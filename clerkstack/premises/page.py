"""The table of premises as a page."""

from __future__ import annotations

from clerkstack.premises.table import PREMISES, Premise

TITLES = {
    "clerk": "Clerk",
    "svix": "Svix",
    "vercel": "Vercel",
    "pulumi": "Pulumi",
    "github": "GitHub",
}
HEAD = """# Premises

<!-- Made by `python -m clerkstack.premises` from clerkstack/premises/table.py. -->

What clerkstack assumes about the services it works with. *Documented*: the vendor says so.
*Seen*: a real service answered so, or the real program was run. *Inferred*: from several facts that
were seen. *Assumed*: nothing shows it, so the strict reading was taken.

`bin/clerkstack probe --stack dev` checks on a real account what can be read; `--write` checks the
rest on a development instance, with objects that it creates and removes.
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for service, title in TITLES.items():
        rows = [_row(premise) for premise in PREMISES if premise.service == service]
        heads = "| Id | What | How sure | Relies on it | Otherwise |\n|---|---|---|---|---|"
        parts.append("\n".join([f"## {title}\n", heads, *rows, ""]))
    return "\n".join(parts)


def _row(premise: Premise) -> str:
    sure = f"{premise.sure}: {premise.source}" if premise.source != "none" else str(premise.sure)
    otherwise = premise.otherwise
    if premise.unchecked:
        otherwise += f". Not probed: {premise.unchecked}"
    cells = (f"`{premise.id}`", premise.what, sure, premise.relies, otherwise)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
