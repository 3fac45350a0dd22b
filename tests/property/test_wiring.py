"""A handled event and a variable that is read are found in every supported form."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from clerkstack.app.modules import Modules
from clerkstack.app.scan import scan
from clerkstack.app.wiring import Wiring, wiring
from clerkstack.settings.events import KNOWN_EVENTS

HANDLED = (
    "switch (evt.type) {{ case {e}: done() }}",
    "switch ((evt as any).type) {{ case ({e} as const): done() }}",
    "if (evt.type === {e}) done()",
    "if ({e} == type) done()",
    "if (type !== {e}) return",
    "if ([{e}, 'x'].includes(evt.type)) done()",
    "const WANTED = [{e}] as const; if (WANTED.includes(type)) done()",
    "const WANTED = new Set([{e}]); if (WANTED.has(type)) done()",
    "const handlers = {{ {e}: done }}; handlers[evt.type](evt)",
    "const handlers = new Map([[{e}, done]])",
    "match(evt.type).with({e}, () => done())",
    "bus.on({e}, done)",
    "const EVENTS = {{ ONE: {e} }} as const; switch (type) {{ case EVENTS.ONE: done() }}",
    "const ONE = {e}; if (evt.type === ONE) done()",
)
READ = (
    "const a = process.env.{n}",
    "const a = process.env['{n}']!",
    "const {{ {n} }} = process.env",
    "const {{ {n}: a }} = import.meta.env",
    "use(import.meta.env.{n} as string)",
    "if (!process.env.{n}) throw new Error()",
    "import {{ {n} }} from '$env/static/private'",
    "createEnv({{ server: {{ {n}: z.string().min(1) }} }})",
    "z.object({{ {n}: z.string() }}).parse(process.env)",
    "const a = Deno.env.get('{n}')",
    "const a = {{ b: [process.env.{n}] }}",
    "const a = process.env.{n} || ''",
)
AROUND = (
    "{body}",
    "export async function POST(req) {{ {body} }}",
    "export const POST = async (req) => {{ try {{ {body} }} catch {{}} }}",
    "class A {{ async on() {{ {body} }} }}",
    "export default {{ fetch: async (req) => {{ for (const a of b) {{ {body} }} }} }}",
)
FILES = st.sampled_from(["app/api/webhooks/clerk/route.ts", "src/hook.js", "server/api/x.mts"])


def done(name: str, text: str) -> Wiring:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
        modules = Modules(root)
        found = scan(root, modules=modules)
        return wiring(root, found.names, found.says, modules)


@given(
    st.sampled_from(HANDLED),
    st.sampled_from(AROUND),
    st.sampled_from(sorted(KNOWN_EVENTS)),
    st.sampled_from("'\""),
    FILES,
    st.booleans(),
)
def test_an_event_is_found(
    form: str, around: str, event: str, quote: str, name: str, is_svix: bool
) -> None:
    library, call = ("svix", "new Webhook(k)") if is_svix else ("@clerk/backend/webhooks", "")
    what = "Webhook" if is_svix else "verifyWebhook"
    verifies = call or "verifyWebhook(r)"
    text = f"// of Clerk\nimport {{ {what} }} from '{library}'\n{verifies}\n"

    found = done(name, text + around.format(body=form.format(e=f"{quote}{event}{quote}")))

    (handler,) = found.handlers
    assert [(handled.event, handled.sure) for handled in handler.handled] == [(event, True)]


@given(
    st.sampled_from(READ),
    st.sampled_from(AROUND),
    st.sampled_from(["CLERK_SECRET_KEY", "NEXT_PUBLIC_APP_URL", "CLERK_WEBHOOK_SECRET"]),
    FILES,
)
def test_a_variable_is_found(form: str, around: str, variable: str, name: str) -> None:
    around = "{body}" if form.startswith("import") else around

    found = done(name, around.format(body=form.format(n=variable)))

    assert {(each.name, each.sure) for each in found.reads} == {(variable, True)}
