"""The app's code against the settings of a stack: webhook events, its route, and variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.app.modules import Modules
from clerkstack.app.scan import scan
from clerkstack.app.wiring import Wiring, wiring
from clerkstack.comparison.wired import LiveWiring, Wired, wired
from clerkstack.settings.events import SENDERO_EVENTS
from clerkstack.settings.models import Settings
from tests.unit.cutover.seen import settings

ROUTE = "app/api/webhooks/clerk/route.ts"
VERIFY = "import { verifyWebhook } from '@clerk/nextjs/webhooks'\n"
POST = "export const POST = async (req) => {{\n  const evt = await verifyWebhook(req)\n{}\n}}\n"
OTHERS = ", ".join(f"'{each}'" for each in SENDERO_EVENTS)
ALL = f"  if ([{OTHERS}].includes(evt.type)) return"
NEXTJS = {"environment": {"projectId": "prj_1", "names": ["nextjs"]}}


def of(folder: Path, files: dict[str, str]) -> Wiring:
    """What an app with these files does."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    modules = Modules(folder)
    found = scan(folder, modules=modules)
    return wiring(folder.resolve(), found.names, found.says, modules)


def handling(*lines: str, name: str = ROUTE) -> dict[str, str]:
    """A file that handles all events of the stack, and what is in the lines."""
    return {name: VERIFY + POST.format("\n".join([ALL, *lines]))}


def compared(
    folder: Path, files: dict[str, str], live: LiveWiring | None = None, **changes: Any
) -> Wired:
    return wired(settings(**{**NEXTJS, **changes}), of(folder, files), live)


def shown(found: Wired) -> list[tuple[str, str, str, str]]:
    return [
        (*finding.subject.split(" ", 1), finding.field, finding.where) for finding in found.findings
    ]


def test_an_app_that_does_what_the_stack_declares(tmp_path: Path) -> None:
    found = compared(tmp_path, handling())

    assert found.findings == ()
    assert [note for note in found.notes if "NEXT_PUBLIC_APP_URL" not in note] == []
    assert [(each.event, each.app, each.declared) for each in found.events] == [
        (event, True, True) for event in SENDERO_EVENTS
    ]
    row = next(
        variable for variable in found.variables if variable.name == "CLERK_WEBHOOK_SIGNING_SECRET"
    )
    assert (row.app, row.targets, row.where) == (True, ("production",), f"{ROUTE}:3:21")


def test_no_code_is_compared_with_nothing() -> None:
    assert wired(settings(), None) == Wired()


@pytest.mark.parametrize(
    ("line", "event", "said"),
    [
        (
            "  if (evt.type === 'apiKey.revoked') return",
            "apiKey.revoked",
            "does not get it, so that",
        ),
        (
            "  switch (evt.type) { case 'user.crated': return }",
            "user.crated",
            "did you mean 'user.",
        ),
        ("  if (evt.type.startsWith('role.')) return", "role.", "begins with 'role.', but the web"),
        ("  if (evt.type.endsWith('.pastDue')) return", ".pastDue", "ends with '.pastDue', but"),
        ("  if (evt.type.split('.')[0] === 'role') return", "role.", "begins with 'role.', but"),
    ],
)
def test_what_is_handled_and_never_comes(tmp_path: Path, line: str, event: str, said: str) -> None:
    found = compared(tmp_path, handling(line))

    (finding,) = found.findings
    assert (finding.subject, finding.field) == (f"event {event}", "handled")
    assert finding.where.startswith(f"{ROUTE}:5:")
    assert said in finding.message
    assert finding.found == {"app": True, "catalog": False, "instance": None}
    assert "webhook.events" in finding.remedy


def test_what_the_endpoint_gets_by_hand_is_reported_as_such(tmp_path: Path) -> None:
    files = handling("  if (evt.type === 'role.created') return")

    for events, gets in ((frozenset({"role.created"}), True), (frozenset(), True), (None, False)):
        (finding,) = compared(tmp_path, files, LiveWiring(events)).findings
        assert finding.found["instance"] is gets
        assert ("after the next update" in finding.message) is gets


def test_what_comes_and_nothing_handles_is_a_note(tmp_path: Path) -> None:
    only = {ROUTE: VERIFY + POST.format("  if (evt.type === 'user.created') return")}
    found = compared(tmp_path, only, webhook={"events": ["user.created", "role.created"]})
    named = {ROUTE: only[ROUTE] + "log('role.created')\n"}
    handed_on = {ROUTE: only[ROUTE] + "send({ name: `clerk/${type}` })\n"}

    assert found.findings == ()
    assert "the webhook gets role.created, which nothing in the app handles" in found.notes
    for files in (named, handed_on, {ROUTE: VERIFY + POST.format("  await queue(evt)")}):
        found = compared(tmp_path, files, webhook={"events": ["user.created", "role.created"]})
        assert not any("nothing in the app handles" in note for note in found.notes)


def test_a_handler_that_the_path_leads_to_is_the_one(tmp_path: Path) -> None:
    other = handling("  if (evt.type === 'sms.created') return", name="app/api/other/route.ts")
    both = {**handling(), **other}

    assert compared(tmp_path, both).findings == ()
    at_other = compared(tmp_path, both, webhook={"path": "/api/other"})
    assert shown(at_other) == [("event", "sms.created", "handled", "app/api/other/route.ts:5:20")]
    nowhere = compared(tmp_path, both, webhook={"path": "/api/gone"})
    assert nowhere.findings == ()
    assert any(
        "sms.created" in note and "if the webhook leads there" in note for note in nowhere.notes
    )
    assert any("no file of the app seems to answer /api/gone" in note for note in nowhere.notes)


def test_a_route_that_does_not_verify_is_a_note(tmp_path: Path) -> None:
    found = compared(tmp_path, {ROUTE: "export const POST = (req) => req.json()\n"})

    assert any(
        f"{ROUTE}: it answers /api/webhooks/clerk, but does not seem to verify" in e
        for e in found.notes
    )


def test_a_route_that_calls_what_verifies(tmp_path: Path) -> None:
    files = {
        ROUTE: "import { handle } from '../../../../lib/handle'\nexport const POST = handle\n",
        **handling("  if (evt.type === 'role.created') return", name="lib/handle.ts"),
    }
    found = compared(tmp_path, files)

    assert shown(found) == [("event", "role.created", "handled", "lib/handle.ts:5:20")]
    assert not any("answers" in note for note in found.notes)


@pytest.mark.parametrize(
    ("line", "is_route"),
    [
        ("app.post('/api/webhooks/clerk', raw(), hook)", True),
        ("router.post('/clerk', hook)", True),
        ("new Hono().basePath('/api').route('/webhooks/:name', hook)", True),
        ("app.use('/api/webhooks/*', hook)", True),
        ("app.on('POST', '/webhooks/clerk', hook)", True),
        ("class A { @Post('clerk') hook() {} }", True),
        ("const routes = { 'POST /api/webhooks/clerk': hook }", True),
        ("if (url.pathname === '/api/webhooks/clerk') hook()", True),
        ("app.post('/api/webhooks/stripe', hook)", False),
        ("app.post('/', hook)", False),
        ("app.get('/clerk', hook)", False),
        ("fetch('/api/webhooks/clerk')", False),
    ],
)
@pytest.mark.parametrize("is_apart", [False, True])
def test_a_path_that_a_router_is_given(
    tmp_path: Path, line: str, is_route: bool, is_apart: bool
) -> None:
    files = {"src/take.ts": VERIFY + "export const hook = (req) => verifyWebhook(req)\n"}
    router = "src/server.ts" if is_apart else "src/take.ts"
    files[router] = files.get(router, "import { hook } from './take.js'\n") + line + " // webhook\n"

    found = compared(tmp_path, files)

    assert any("no file of the app seems to answer" in note for note in found.notes) is not is_route
    assert not any("but does not seem to verify events" in note for note in found.notes)


def test_a_webhook_at_another_host_has_no_route_here(tmp_path: Path) -> None:
    found = compared(tmp_path, {"app/page.ts": VERIFY}, webhook={"url": "https://x.example/hook"})

    assert not any("answers" in note for note in found.notes)


def test_what_may_lead_the_path_elsewhere_is_named(tmp_path: Path) -> None:
    files = {"next.config.ts": "export default { rewrites: async () => [] }", "app/x.ts": VERIFY}
    found = compared(tmp_path, files)

    assert any("whether next.config.ts routes it elsewhere is not" in note for note in found.notes)


def test_without_the_component_nothing_is_compared(tmp_path: Path) -> None:
    files = handling("  if (evt.type === 'role.created') return")
    found = compared(tmp_path, files, components={"webhook": False, "environment": False})

    assert found == Wired()


# Variables.


def test_what_a_library_reads_and_nobody_writes(tmp_path: Path) -> None:
    guide = {"environment": {"projectId": "prj_1"}}
    found = compared(tmp_path, handling(), **guide)

    (finding,) = found.findings
    assert finding.subject == "variable CLERK_WEBHOOK_SIGNING_SECRET"
    assert finding.where == f"{ROUTE}:3:21"
    assert "verifyWebhook of @clerk/nextjs/webhooks, which reads" in finding.message
    assert "for production (it writes CLERK_WEBHOOK_SECRET)" in finding.message
    assert "Add nextjs or react-router" in finding.remedy or "nextjs" in finding.remedy

    left = {"projectId": "prj_1", "leaveAlone": ["production/CLERK_WEBHOOK_SIGNING_SECRET"]}
    assert compared(tmp_path, handling(), environment=left).findings == ()
    by_hand = LiveWiring(None, {"prj_1": frozenset({"production/CLERK_WEBHOOK_SIGNING_SECRET"})})
    assert compared(tmp_path, handling(), by_hand, **guide).findings == ()
    elsewhere = LiveWiring(None, {"prj_1": frozenset({"preview/CLERK_WEBHOOK_SIGNING_SECRET"})})
    assert len(compared(tmp_path, handling(), elsewhere, **guide).findings) == 1


@pytest.mark.parametrize(
    ("line", "findings", "note"),
    [
        ("const k = process.env.CLERK_PUBLISHABLE_KEY", ["CLERK_PUBLISHABLE_KEY"], None),
        ("const k = process.env.CLERK_PUBLISHABLE_KEY ?? other", [], None),
        ("const k = process.env.CLERK_SECRET_KEY", [], None),
        ("const k = process.env.APP_URL", [], None),
        ("const k = process.env.STRIPE_WEBHOOK_SECRET", [], None),
        (
            "const k = process.env.CLERK_JWT_KEY",
            [],
            "the app reads CLERK_JWT_KEY (lib/x.ts:1:11), which",
        ),
        ("const k = process.env.CLERK_SECRET_KEYS", [], "did you mean CLERK_SECRET_KEY?"),
        ("const k = process.env.EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY", [], "which no stack writes"),
    ],
)
def test_what_is_read(tmp_path: Path, line: str, findings: list[str], note: str | None) -> None:
    found = compared(tmp_path, {"lib/x.ts": line})

    assert [finding.subject.partition(" ")[2] for finding in found.findings] == findings
    about = [each for each in found.notes if "lib/x.ts" in each]
    assert len(about) == (0 if note is None else 1)
    assert note is None or note in about[0]
    name = line.rpartition(".")[2]
    there = LiveWiring(None, {"prj_1": frozenset({f"production/{name}"})})
    live = compared(tmp_path, {"lib/x.ts": line}, there)
    assert live.findings == ()
    assert not any("lib/x.ts" in each for each in live.notes)


def test_a_secret_by_another_name(tmp_path: Path) -> None:
    text = (
        "import { Webhook } from 'svix'\n// Clerk's\n"
        "new Webhook(process.env.WEBHOOK_SECRET!).verify(body, headers)\n"
    )
    found = compared(tmp_path, {ROUTE: text})

    assert found.findings == ()
    assert any(
        "WEBHOOK_SECRET verifies the webhook's events, but the stack does not write it: it writes "
        "CLERK_WEBHOOK_SIGNING_SECRET" in note
        for note in found.notes
    )


def test_what_is_written_and_never_read_is_a_note(tmp_path: Path) -> None:
    files = {"app/page.ts": "import { auth } from '@clerk/nextjs/server'\n"}
    guide = compared(tmp_path, files, environment={"projectId": "prj_1"})
    express = {"app/page.ts": "import { clerkMiddleware } from '@clerk/express'\n"}
    other = compared(tmp_path, express)

    (note,) = [each for each in guide.notes if "the stack writes" in each]
    assert "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL (current SDKs read NEXT_PUBLIC_CLERK_SIGN_" in note
    assert "CLERK_SECRET_KEY" not in note
    assert {finding.subject.partition(" ")[2] for finding in other.findings} == {
        "CLERK_PUBLISHABLE_KEY"
    }
    assert "@clerk/express, which reads CLERK_PUBLISHABLE_KEY" in other.findings[0].message


@pytest.mark.parametrize(
    ("names", "lacks"), [("nextjs", True), ("react-router", False), ("express", False)]
)
def test_a_library_that_reads_one_of_two_names(tmp_path: Path, names: str, lacks: bool) -> None:
    files = {"app/root.tsx": "import { rootAuthLoader } from '@clerk/react-router/server'\n"}
    found = compared(tmp_path, files, environment={"projectId": "prj_1", "names": [names]})

    wrong = ["VITE_CLERK_PUBLISHABLE_KEY"] if lacks else []
    assert [finding.subject.partition(" ")[2] for finding in found.findings] == wrong


def test_a_library_that_is_given_its_keys_reads_none(tmp_path: Path) -> None:
    text = "import { clerkMiddleware } from '@clerk/express'\nclerkMiddleware({ publishableKey })\n"

    assert compared(tmp_path, {"src/x.ts": text}).findings == ()


def test_a_secret_in_a_browser(tmp_path: Path) -> None:
    text = "'use client'\n" + "use(process.env.CLERK_SECRET_KEY)\n" * 2
    public = "'use client'\nexport const k = process.env.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY\n"
    found = compared(tmp_path, {"app/a.tsx": text, "app/b.tsx": public})

    assert shown(found) == [("variable", "CLERK_SECRET_KEY", "browser", "app/a.tsx:2:5")]
    assert "this file is sent to the browser" in found.findings[0].message


def test_a_secret_in_a_bundle_for_browsers(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps({"devDependencies": {"vite": "7"}}),
        "src/main.tsx": "const env = import.meta.env\nuse(env.VITE_CLERK_SECRET_KEY)\n",
        "vite.config.ts": "use(process.env.CLERK_SECRET_KEY)\n",
    }

    assert ("variable", "VITE_CLERK_SECRET_KEY", "browser", "src/main.tsx:2:5") in shown(
        compared(tmp_path, files)
    )
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "main.ts").write_text("export {}\n")
    assert [each for each in shown(compared(tmp_path, files)) if each[2] == "browser"] == []


# Several apps and projects.

NEXT = json.dumps({"dependencies": {"next": "16"}})
API = json.dumps({"dependencies": {"express": "5"}})
BOTH = {
    "apps/web/package.json": NEXT,
    "apps/api/package.json": API,
    "packages/auth/package.json": "{}",
    "apps/web/lib/x.ts": "export const k = process.env.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY\n",
    "apps/api/src/x.ts": "export const k = process.env.CLERK_PUBLISHABLE_KEY\n",
}


def projects(**of_api: Any) -> Settings:
    api = {"projectId": "prj_2", "appUrl": "https://api.acme.example", **of_api}
    web = {"projectId": "prj_1", "names": ["nextjs"], "rootDirectory": "apps/web"}
    return settings(environment={"projects": {"web": web, "api": api}})


def test_each_project_is_held_against_its_own_app(tmp_path: Path) -> None:
    app = of(tmp_path, BOTH)

    right = wired(projects(names=["express"], rootDirectory="apps/api"), app)
    wrong = wired(projects(names=["nextjs"], rootDirectory="apps/api"), app)

    assert right.findings == ()
    assert shown(wrong) == [("variable", "CLERK_PUBLISHABLE_KEY", "read", "apps/api/src/x.ts:1:18")]
    assert wrong.findings[0].message.startswith("api: the app reads CLERK_PUBLISHABLE_KEY")
    assert "clerkstack:environment.projects.api.names" in wrong.findings[0].remedy


def test_of_two_apps_and_one_project_nothing_is_sure(tmp_path: Path) -> None:
    found = wired(settings(**NEXTJS), of(tmp_path, BOTH))

    assert found.findings == ()
    assert any("whether this project's app reads it is unresolved" in note for note in found.notes)
    one = {"projectId": "prj_1", "names": ["nextjs"], "rootDirectory": "apps/web"}
    assert wired(settings(environment=one), of(tmp_path, BOTH)).findings == ()
    assert not any(
        "is unresolved" in e for e in wired(settings(environment=one), of(tmp_path, BOTH)).notes
    )


def test_a_shared_package_is_read_by_each_app(tmp_path: Path) -> None:
    shared = {**BOTH, "packages/auth/x.ts": "export const k = process.env.CLERK_SECRET_KEY\n"}
    found = wired(projects(names=["express"], rootDirectory="apps/api"), of(tmp_path, shared))

    assert found.findings == ()


def test_the_webhook_leads_to_the_app_of_its_host(tmp_path: Path) -> None:
    files = {
        **BOTH,
        **handling("  if (evt.type === 'role.created') return", name=f"apps/web/{ROUTE}"),
        **handling("  if (evt.type === 'sms.created') return", name=f"apps/api/{ROUTE}"),
    }
    own = projects(names=["nextjs", "express"], rootDirectory="apps/api")
    found = wired(own, of(tmp_path, files))

    assert [finding.subject.partition(" ")[2] for finding in found.findings] == ["role.created"]


def test_what_a_command_of_the_repository_reads_is_not_the_apps(tmp_path: Path) -> None:
    files = {**BOTH, "packages/cli/package.json": "{}"}
    files |= {"packages/cli/x.ts": BOTH["apps/api/src/x.ts"], "apps/api/package.json": "{}"}
    found = wired(settings(**NEXTJS), of(tmp_path, files))

    assert found.findings == ()
    assert any(note.startswith("apps/api/src/x.ts:1:18: CLERK_PUB") for note in found.notes)


def test_own_events_of_a_file_that_the_handler_imports_are_notes(tmp_path: Path) -> None:
    files = {
        ROUTE: f"import {{ send }} from '../../../../lib/webhooks'\n{handling()[ROUTE]}",
        "lib/webhooks.ts": "export const send = (event) => event === 'user.invited' && post(event)",
    }
    found = compared(tmp_path, files)

    assert found.findings == ()
    assert any("'user.invited'" in e and "if it is an event of Clerk's" in e for e in found.notes)


def test_the_only_handler_is_not_where_a_webhook_of_another_host_leads(tmp_path: Path) -> None:
    files = handling("  if (evt.type === 'role.created') return")
    tunnel = {"url": "https://x.example/api/webhooks/clerk"}
    other = compared(tmp_path, files, webhook={"url": "https://x.example/hook"})

    assert other.findings == ()
    assert any("role.created" in e and "if the webhook leads there" in e for e in other.notes)
    assert [
        e.subject.partition(" ")[2] for e in compared(tmp_path, files, webhook=tunnel).findings
    ] == ["role.created"]


def test_of_some_folders_nothing_is_reported_as_missing(tmp_path: Path) -> None:
    files = {"lib/hook.ts": VERIFY + POST.format("  if (evt.type === 'user.created') return")}
    whole = compared(tmp_path, files, environment={"projectId": "prj_1"})
    app = {"path": str(tmp_path), "scan": ["lib"]}
    part = compared(tmp_path, files, environment={"projectId": "prj_1"}, app=app)

    assert len(whole.notes) == 3
    assert part.notes == ()
    assert part.findings == whole.findings


def test_an_event_that_is_only_named_and_does_not_come_is_a_note(tmp_path: Path) -> None:
    files = handling("  if (isType(evt, 'sms.created') || isType(evt, 'user.name')) go()")

    found = compared(tmp_path, files)

    assert found.findings == ()
    (note,) = [each for each in found.notes if "names sms.created" in each]
    assert note.startswith(f"{ROUTE}:")
    assert "handles events and names sms.created" in note


def test_a_secret_with_a_public_name_is_one_in_a_browser_too(tmp_path: Path) -> None:
    text = "'use client'\nexport const key = process.env.NEXT_PUBLIC_CLERK_SECRET_KEY\n"

    found = compared(tmp_path, {**handling(), "app/page.tsx": text})

    assert [each[:3] for each in shown(found)] == [
        ("variable", "NEXT_PUBLIC_CLERK_SECRET_KEY", "browser")
    ]
