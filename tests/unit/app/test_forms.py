"""A check rewritten into any supported form is found.

Forms of the call, of its argument and of the surrounding file are combined at random.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clerkstack.app.scan import scan

IMPORTS = "import { auth, useAuth, Protect, Show } from '@clerk/nextjs'\n"
# The call that checks VALUE, as a statement in an async function that has `t`.
ASKING = {
    "destructured": "const { has } = await auth(); has({ plan: VALUE })",
    "renamed": "const { has: can } = useAuth(); can?.({ plan: VALUE })",
    "member": "const session = await auth(); session.has!({ plan: VALUE })",
    "at once": "(await auth()).has({ plan: VALUE, reverification: 'strict' })",
    "protect": "await auth.protect({ plan: VALUE })",
    "a condition": "await auth.protect((can) => !can({ plan: VALUE }))",
    "session": "const { session } = useSession(); session?.checkAuthorization({ plan: VALUE })",
    "an element": "return <Protect plan={VALUE}>Save & continue</Protect>",
    "when": "return <Show when={{ plan: VALUE }} />",
    "when, a function": "return <Show when={(has) => t || has({ plan: VALUE })}>x</Show>",
    "created": "return React.createElement(Protect, { plan: VALUE })",
    "an object": "const { has } = await auth(); const asked = { plan: VALUE }; has(asked)",
    "a spread": "const { has } = await auth(); has({ ...{ plan: VALUE } })",
    "a helper": "const { has } = await auth(); askFor(has, VALUE)",
    "a wrapper": "return askPlan(VALUE)",
    "a component": "return <Gate plan={VALUE} />",
    "a hook": "const { may } = useMine(); may({ plan: VALUE })",
    "another file's wrapper": "return elsewhere(VALUE)",
    "another file's component": "return <Elsewhere to={VALUE}>x</Elsewhere>",
    "another file's hook": "const { can } = useElsewhere(); can({ plan: VALUE })",
    "a callback": "const ask = useCallback((p) => useAuth().has({ plan: p }), []); ask(VALUE)",
}
ASKING |= {
    "a loop": "for (const p of [VALUE]) (await auth()).has({ plan: p })",
    "some": "const { has } = await auth(); [VALUE].some((plan) => has({ plan }))",
    "find": "const { has } = await auth(); [{ slug: VALUE }].find((p) => has({ plan: p.slug }))",
    "values": "const { has } = useAuth(); Object.values({ a: VALUE }).map((plan) => has({ plan }))",
    "entries": "const { has } = useAuth()\n"
    "for (const [, plan] of Object.entries({ a: VALUE })) has({ plan })",
    "some, by a wrapper": "return [VALUE].some(askPlan)",
    "spread": "return askAny(...[VALUE])",
    "another name": "const again = askPlan; return again(VALUE)",
    "a set": "const { has } = useAuth(); new Set([VALUE]).forEach((plan) => has({ plan }))",
    "call": "const { has } = await auth(); has.call(null, { plan: VALUE })",
    "a claim": "const { sessionClaims } = await auth(); return sessionClaims.pla === VALUE",
    "a switch": "switch ((await auth()).sessionClaims.pla) { case VALUE: t() }",
    "a default parameter": "const ask = (plan = VALUE) => useAuth().has({ plan }); ask()",
    "a reference of Vue": "const { has } = useAuth(); has.value?.({ plan: VALUE })",
}
ASKING |= {
    "call of a wrapper": "return askPlan.call(null, VALUE)",
    "apply": "return askPlan.apply(null, [VALUE])",
    "bind": "return askPlan.bind(null, VALUE)",
    "bound": "const bound = askPlan.bind(null); return bound(VALUE)",
    "handed to a function": "return handed(askPlan, VALUE)",
    "a wrapper, created": "return createElement(Gate, { plan: VALUE })",
    "a wrapper of another library": "const Box = styled(Gate)`x`; return <Box plan={VALUE} />",
    "loaded": "const Later = lazy(() => import('./wrapper').then((it) => it.Elsewhere))\n"
    "return <Later to={VALUE} />",
    "required": "const { Elsewhere: Box } = require('./wrapper'); return <Box to={VALUE} />",
    "of CommonJS": "return common(VALUE)",
    "a method": "return new Gates().ask(VALUE)",
    "a static method": "return Gates.may(VALUE)",
    "a method by a type": "const ask = (gates: Gates) => gates.ask(VALUE); return ask(t)",
    "a signal of Solid": "const { has } = useAuth(); has()?.({ plan: VALUE })",
    "a table": "const { sessionClaims } = await auth()\n"
    "return new Map([[VALUE, 1]]).get(sessionClaims.pla)",
    "a set of claims": "const { sessionClaims } = await auth()\n"
    "return new Set([VALUE]).has(sessionClaims.pla)",
    "a claim by another name": "const { sessionClaims: { pla: mine } } = await auth()\n"
    "if (mine === VALUE) t()",
}
# The expression of the slug, and the lines that it needs before.
VALUES = {
    "a text": ("'pro'", ""),
    "a template": ("`pro`", ""),
    "a constant": ("PRO", "const PRO = 'pro'\n"),
    "a member": ("PLANS.pro.slug", "const PLANS = { pro: { slug: 'pro' } } as const\n"),
    "an imported member": ("LIB.pro.slug", "import { LIB } from './lib'\n"),
    "an enum": ("Tier.Pro", "enum Tier { Pro = 'pro' }\n"),
    "an imported enum": ("Level.Pro", "import { Level } from './lib'\n"),
    "a side": ("(t ? 'pro' : 'pro')", ""),
    "a side by a constant": (
        "SIDE",
        "const SIDE = process.env.X ? 'pro' : PRO\nconst PRO = 'pro'\n",
    ),
    "a default": ("(OTHER ?? 'pro')", "const OTHER = null\n"),
    "a key": ("SLUGS[t]", "const SLUGS = { month: 'pro', year: 'pro' }\n"),
    "frozen": ("FROZEN.pro", "const FROZEN = Object.freeze({ pro: 'pro' })\n"),
    "taken out": ("slug", "const { pro: { slug } } = { pro: { slug: 'pro' } }\n"),
    "by its type": ("(t as Plan)", "type Plan = 'pro'\n"),
    "by what is left of its type": (
        "(t as Exclude<Plan, 'other'>)",
        "type Plan = 'pro' | 'other'\n",
    ),
    "by the keys of a constant": ("(t as keyof typeof BY)", "const BY = { pro: 1 }\n"),
    "by the entries of a constant": (
        "(t as (typeof LIST)[number])",
        "const LIST = ['pro'] as const\n",
    ),
    "by a field of a type": ("(t as Props).plan", "interface Props { plan: 'pro' }\n"),
    "by a field's type": ("(t as Props['plan'])", "type Props = { plan: 'pro' } & Other\n"),
    "an entry": ("LIST[0]", "const LIST = ['pro'] as const\n"),
}
# The code around the statement.
AROUND = {
    "a function": "export async function page(t) {\n  STATEMENT\n}\n",
    "an arrow": "export const page = async (t) => {\n  STATEMENT\n}\n",
    "a block": "export async function page(t) { if (t) { for (const x of t) { STATEMENT } } }\n",
    "a method": "export const pages = { async page(t) { STATEMENT } }\n",
    "a class": "export class Page { async page(t) { STATEMENT } }\n",
    "a switch": "export async function page(t) { switch (t) { case 1: STATEMENT } }\n",
    "an error before": 'const a = <p title="x & y">A & B</p>\n'
    "export async function page(t) { STATEMENT }\n",
    "an error behind": "export async function page(t) { STATEMENT }\nconst a = = 1\n",
    "a try": "export async function page(t) { try { STATEMENT } catch (error) { t(error) } }\n",
    "memo": "export const Page = memo(async (t) => { STATEMENT })\n",
}
HELPERS = """
function askFor(may, plan) { return may({ plan }) }
function askPlan(plan: string) { const { has } = useAuth(); return has({ plan }) }
function askAny(...all) { const { has } = useAuth(); return all.some((plan) => has({ plan })) }
const Gate = ({ plan }: { plan: string }) => <Protect plan={plan} />
class Gates {
  async ask(plan: string) { const { has } = useAuth(); return has({ plan }) }
  static may = (plan: string) => useAuth().has({ plan })
}
function handed(ask, plan) { return ask(plan) }
function useMine() { const { has } = useAuth(); return { may: has } }
"""
OTHERS = {
    "lib.ts": "export const LIB = { pro: { slug: 'pro' } } as const\n"
    "export enum Level { Pro = 'pro' }\n",
    "wrapper.tsx": IMPORTS
    + "export default (plan) => useAuth().has({ plan })\n"
    + "interface Props { to: string; children: ReactNode }\n"
    + "export const Elsewhere = memo((props: Props) => <Protect plan={props.to} />)\n"
    + "export const useElsewhere = () => { const { has: can } = useAuth(); return { can } }\n",
    "common.js": "const { useAuth } = require('@clerk/nextjs')\n"
    "const ask = (plan) => useAuth().has({ plan })\nmodule.exports = { common: ask }\n",
    "barrel.ts": "export * from './wrapper'\nexport { default as elsewhere } from './wrapper'\n",
}
BARREL = "import { elsewhere, Elsewhere, useElsewhere } from './barrel'\n"
BARREL += "import { common } from './common'\n"


@given(
    st.sampled_from(sorted(ASKING)),
    st.sampled_from(sorted(VALUES)),
    st.sampled_from(sorted(AROUND)),
)
@settings(max_examples=400, deadline=None)
def test_a_check_is_found_in_any_form(asking: str, value: str, around: str) -> None:
    written, before = VALUES[value]
    statement = ASKING[asking].replace("VALUE", written)
    text = IMPORTS + BARREL + before + AROUND[around].replace("STATEMENT", statement) + HELPERS
    with tempfile.TemporaryDirectory() as name:
        for file, content in {"page.tsx": text, **OTHERS}.items():
            Path(name, file).write_text(content)

        found = scan(Path(name))

    assert {(use.kind, use.slug) for use in found.uses} == {("plan", "pro")}, text
    told = {use.file for use in found.uses}
    assert told <= {"page.tsx", "wrapper.tsx"}
    # Only the uncalled helpers are listed.
    where = [each for each in found.unresolved if "is not a constant" not in each.message]
    assert where == [], text
