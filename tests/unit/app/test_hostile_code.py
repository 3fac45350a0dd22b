"""No content of a file makes the reader slow, or ends it with a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from clerkstack.app.looking import look
from clerkstack.app.scan import scan
from local.measure.scan import walk_of
from tests.clock import within

pytestmark = pytest.mark.limits
SECONDS = 2.0
HAS = b"has({plan:'a'});"
MOST = 2 * 1024 * 1024
COMPONENTS = (".vue", ".svelte", ".astro", ".mdx")
CODE = {
    "many checks": HAS * (MOST // len(HAS) - 1),
    "checks in checks": b"has({plan:" * 20_000 + b"'a'" + b"})" * 20_000,
    "a chain": b"a" + b".has({plan:'a'})" * 60_000,
    "blocks that are not closed": b"{has({plan:a});" * 50_000,
    "functions that are not closed": b"function f(a){ return has({plan:a});" * 30_000,
    "functions in functions": b"function f(a){ return has({plan:a});" * 3000 + b"}" * 3000,
    "constants of constants": b"".join(b"const x%d=[x%d];" % (n, n - 1) for n in range(80_000))
    + HAS,
    "a large pattern": b"const {"
    + b",".join(b"a%d:{b:c%d}" % (n, n) for n in range(50_000))
    + b"}=x;",
    "elements that are not closed": b"<Protect plan='a' " * 60_000,
    "elements in elements": b"x=" + b"<Protect plan='a'>" * 20_000 + b"</Protect>" * 20_000,
    "changes": b"x.y=1;" * 300_000 + HAS,
    "aliases": b"".join(b"const x%d=O(x%d).y;x%d.z=1;" % (n, n - 1, n) for n in range(30_000))
    + HAS,
    "errors": b"has({plan: ]] <Protect plan= x < (((" * 50_000,
    "elements with errors": b'<Protect plan="a" has({plan:' * 60_000,
    "types": b"type X=" + b"|".join(b"'a%d'" % n for n in range(150_000)) + b";has({plan:x as X})",
    "claims": b"orgRole==='a';" * 140_000,
    "generics": b"a<b<c<" * 340_000 + HAS,
    "no text": bytes(range(256)) * 8000 + HAS,
    "methods": b"class A{"
    + b"".join(
        b"m%d(plan){return this.m%d({plan})&&this.has({plan})}" % (n, n + 1) for n in range(9000)
    )
    + b"}",
    "classes in classes": b"class A{m(){return " * 3000 + HAS + b"}}" * 3000,
    "bound again": b"const a=wanted" + b".bind(null)" * 5000 + b";a('b');" + HAS,
    "handed on": b"".join(
        b"function f%d(g){return f%d(g)+g('a')}" % (n, n + 1) for n in range(9000)
    )
    + b"f0(wanted);"
    + HAS,
    "exports": b"exports.a=" * 3000 + b"wanted;module.exports={...require('./a')};" * 20_000 + HAS,
    "loaded": b"const G=lazy(()=>import('./a'));<G plan='x'/>;" * 20_000 + HAS,
    "claims by other names": b"".join(b"const a%d=a%d;" % (n, n - 1) for n in range(1, 50_000))
    + b"const a0=x.pla;a49999==='a'",
    "parts of types": b"".join(
        b"const [r%d,x%d]=evt.type.split('.');" % (n, n) for n in range(40_000)
    )
    + b"verifyWebhook();"
    + HAS,
    "claims beside imports": b"import {"
    + b",".join(b"a%d" % n for n in range(100_000))
    + b"} from 'x';orgRole==='a';"
    + b"a1(b);" * 1000,
    "what is given": b"defineProps<{plan:string}>();" * 30_000 + HAS,
    "a bundle": b"/*auth*/" + HAS * (5 * 1024 * 1024 // len(HAS)),
}
# The parser spends minutes on recovering from an error in this.
RECOVERY = (
    b'{"workspaces":["packages/*","apps/*"]}\nimport { Protect, Pro'
    b"tect as Gate } from '@clerk/nextjs'\nimport * as Clerk from '"
    b"@clerk/nextjs'\nexport const A = () => <>\n  <Protect plan=\xc2\xabp"
    b'lan team\xc2\xbb"team" fallback={<p role="note">no</p>}>x</Protect'
    b">\n  <Gate feature={\xc2\xabfeature a\xc2\xbb'a'} />\n  <Clerk.Protect rol"
    b"e=\xc2\xabrole port { Protect, Protect as Gate } from '@cleorg:r\xc2\xbb"
    b'"org:r" permission={\xc2\xabpermission org:p:q\xc2\xbb`org:p:q`} />\n  <P'
    b"rotect condition={(has) => has({ role: \xc2\xabrole org:s\xc2\xbb'org:s'"
    b" })} />\n</>\n"
)
TEMPLATES = {
    "elements": b"<Protect a " * 80_000,
    "braces": b"{has({plan:'a'})}" * 100_000,
    "open braces": b"{" * 900_000,
    "scripts": b"<script>" * 100_000,
    "comments": b"<!--" * 200_000,
    "fences": b"```\n" * 200_000,
    "whole elements": b'<Protect plan="a"/>' * 80_000,
    "bound attributes": b'<Protect :plan="a" plan={x}/>' * 60_000,
    "directives": b' :a="has()"' * 150_000,
    "properties in braces": b"<A {a}" * 300_000,
    "bound names": b"<A :a " * 300_000,
    "frontmatter": b"---\n" * 200_000,
    "spaces": b"{has" + b" " * 1_000_000 + b"}",
    "each": b"{#each has as " * 100_000,
}


def quickly(text: bytes, suffix: str) -> None:
    found = within(SECONDS, lambda: look(text, suffix, ("wanted",)))
    assert found[0] in ("facts", "unresolved")


@pytest.mark.parametrize("name", CODE)
def test_code_that_is_much(name: str) -> None:
    quickly(CODE[name], ".tsx")


def test_a_large_table_that_claims_are_looked_up_in(tmp_path: Path) -> None:
    entries = b",".join(b"'u:a%d':1" % n for n in range(9000))
    text = b"const T={" + entries + b"};const {sessionClaims}=auth();"
    (tmp_path / "a.ts").write_bytes(text + b"T[sessionClaims.pla];" * 2000)

    found = within(SECONDS, lambda: scan(tmp_path))

    assert any("to resolve" in each.message for each in found.unresolved)


@pytest.mark.parametrize("suffix", [".js", ".ts"])
def test_an_error_that_the_parser_does_not_get_over(suffix: str) -> None:
    quickly(RECOVERY, suffix)


@pytest.mark.parametrize("suffix", COMPONENTS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_that_are_much(name: str, suffix: str) -> None:
    quickly(TEMPLATES[name] + b" auth has(", suffix)


@pytest.mark.parametrize("fields", [8, 64, 1000])
def test_a_walk_takes_as_long_as_it_is(fields: int) -> None:
    within(0.1 + fields / 1000, lambda: look(walk_of(fields).encode(), ".ts"))


def test_a_file_that_takes_too_long_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(CODE["many checks"])
    (tmp_path / "b.ts").write_bytes(HAS)

    found = scan(tmp_path)

    assert [use.file for use in found.uses] == ["b.ts"]
    (unresolved,) = found.unresolved
    assert unresolved.file == "a.ts"
    assert "and is not read. Exclude it from the scan" in unresolved.message


def test_functions_that_call_each_other_end(tmp_path: Path) -> None:
    rows = [
        f"const useF{n} = (a) => a ? useF{(n + 1) % 40}() : b ? useF{(n + 7) % 40}() : useAuth()\n"
        for n in range(40)
    ]
    checks = [f"export const g{n} = () => useF{n}().has({{ plan: 'p{n}' }})\n" for n in range(40)]
    (tmp_path / "a.ts").write_text("".join([*rows, *checks]))

    within(SECONDS, lambda: scan(tmp_path))


@pytest.mark.parametrize(
    "link", ["await x{}", "x{}.a", "[x{}]", "{{ ...x{} }}", "x{}()", "t ? x{} : 1", "x{}.filter(f)"]
)
def test_a_long_chain_of_constants_has_an_end(tmp_path: Path, link: str) -> None:
    count = 1500
    rows = [f"const x{n + 1} = {link.format(n)}\n" for n in range(count)]
    checks = [f"has({{ plan: x{n} }}); x{n}.b.has({{ plan: 'p' }})\n" for n in range(count)]
    text = "import { has, x0 } from '@clerk/nextjs'\n" + "".join([*rows, *checks])
    (tmp_path / "a.ts").write_text(text)

    within(SECONDS, lambda: scan(tmp_path))


def test_files_that_export_each_others_names_have_an_end(tmp_path: Path) -> None:
    for n in range(40):
        others = "".join(f"export * from './a{(n + more) % 40}'\n" for more in (1, 2, 3))
        (tmp_path / f"a{n}.ts").write_text(others)
    text = "import { has, PLAN } from './a0'\nhas({ plan: PLAN })\n"
    (tmp_path / "b.ts").write_text(text + "import '@clerk/nextjs'\n")

    within(SECONDS, lambda: scan(tmp_path))


def test_loops_over_loops_have_an_end(tmp_path: Path) -> None:
    texts = ", ".join(f"'t{n}'" for n in range(5000))
    loops = "for (const p of LIST) has({ plan: p })\n" * 2000
    text = f"const LIST = [{texts}]\nexport const f = ({{ has }}) => {{\n{loops}}}\n"
    (tmp_path / "a.ts").write_text(text)

    found = within(2 * SECONDS, lambda: scan(tmp_path))

    assert "to resolve" in found.unresolved[0].message


@pytest.mark.parametrize("seed", range(4))
def test_cut_and_broken_files_end_without_a_traceback(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    corpus = b"\n".join(
        each.read_bytes() for each in sorted((Path(__file__).parent / "corpus").glob("*.txt"))
    )
    for number in range(60):
        start = chance.randrange(len(corpus))
        text = bytearray(corpus[start : start + chance.randrange(1500)])
        for _ in range(chance.randrange(6)):
            if text:
                text[chance.randrange(len(text))] = chance.randrange(256)
        suffix = chance.choice((".ts", ".tsx", ".js", *COMPONENTS))
        (tmp_path / f"f{number}{suffix}").write_bytes(text)

    scan(tmp_path)
