"""Whatever a file is made of, it takes no more than 2 s and ends without a traceback.

The grammar's own test corpus is in neither of its packages, so files are made of one piece for each
kind of node that the grammar has, nested at random, and then cut and overwritten.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import tree_sitter_typescript as typescript
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Parser

from clerkstack.app.declaration import read_declaration
from clerkstack.app.looking import look
from clerkstack.app.scan import scan
from clerkstack.problems import InputError
from tests.clock import within

pytestmark = pytest.mark.limits
SECONDS = 2.0
# In each, «e» is an expression, «s» a statement, «t» a type and «n» a name.
EXPRESSIONS = """\
has({ plan: «e» })
auth.protect({ role: «e», ...«e» })
auth().has!({ [«e»]: «e» })
useAuth()?.has?.({ feature: «e» })
<Protect plan={«e»} {...«e»} role="a">«e» &amp; &lt;b {«e»}<a.b.c /><x:y /></Protect>
<Show when={«e»} />
<></>
createElement(Protect, { plan: «e» })
sessionClaims.pla === «e»
orgRole !== «e»
sessionClaims.fea.split(',').map(«e»).includes(«e»)
«n»
this.«n»
super.«n»(«e»)
«e».«n»
«e»[«e»]
«e»?.[«e»]
(«e»)
{ a: «e», 'b': «e», [«e»]: «e», «n», ...«e», m(«n») { «s» }, get g() { «s» }, 1: «e» }
[«e», , ...«e»]
(«n»: «t» = «e», { a, b: [«n», ...c], d = «e», ...r }: «t», ...rest) => «e»
async («n»?) => { «s» }
function «n»(this: «t», «n») { «s» }
function* () { yield «e»; yield* «e» }
class «n» extends «e» { @d() static «n»: «t» = «e»; #p = «e»; static { «s» } }
class { constructor(private a: «t») { «s» } get m() { «s» } }
new Set([«e», «e»])
new «n»<«t»>(«e»)
«e» ? «e» : «e»
«e» ?? «e»
«e» || «e» && «e»
«e» as «t»
«e» as const
«e» satisfies «t»
«e»!
<«t»>«e»
«n»<«t»>
!«e»
typeof «e»
delete «e».a
«e».a++
--«n»
«e».a = «e»
«n» += «e»
[«n», a.b] = «e»
({ a: «n», b = «e» } = «e»)
await «e»
import('«n»')
import.meta.env
new.target
`a${«e»}b\\n`
`pro`
«n»`a${«e»}`
'a\\u{1F600}\\x41\\'b'
"a"
1_000.5e3
/a[/]b/gi
null
undefined
true
false
«e», «e»
Object.values(«e»).map((p) => p.«n»)
«e».filter(«e»).forEach(({ a }) => «e»)
Object.freeze(«e»)
Object.assign(«e», «e»)
«e».push(«e»)
memo(({ «n» }: «t») => «e»)
lazy(() => import('@clerk/nextjs').then((m) => m.Protect))
has.call(null, «e»)
«n»?.<«t»>(«e»)
"""
STATEMENTS = """\
«e»
const «n»: «t» = «e»
let «n» = «e», { a: { b: «n» } } = «e»
var [«n» = «e», ...others] = «e»
export const «n» = «e»
export default «e»
export default function («n») { «s» }
export { «n», a as b, type c } from './«n»'
export * from './a'
export * as «n» from './a'
export type { «n» } from './a'
export = «n»
export as namespace «n»
import «n», { a as b, type c } from '@clerk/nextjs'
import * as «n» from './a' with { type: 'json' }
import './a'
import «n» = require('./a')
import «n» = a.b.c
function «n»<T extends «t» = «t»>(a: T, b?: «t»): asserts a is «t» { «s» }
function «n»(a: «t»): a is «t»
function* «n»() { «s» }
async function «n»({ has }) { return has({ plan: «e» }) }
class «n»<T> extends «n»<«t»> implements a.b<«t»> { override m(): void { «s» } [k: string]: «t» }
class «n» { «n»!: «t»; declare readonly a?: «t» }
abstract class «n» { abstract m(): «t»; protected abstract a: «t»; n?(): «t»; accessor x = «e» }
@d class «n» {}
interface «n»<T> extends a.b, «n» { a: «t»; readonly b?: «t»; (x: «t»): «t»; m?(): «t» }
interface «n» { new (x: «t»): «t»; [k: string]: «t» }
type «n»<in out T> = «t»
type «n» = «t»
enum «n» { a, b = «e», 'c' = 'd', [«e»] = 1 }
const enum «n» { a = 'x' }
declare global { «s» }
declare module 'x' { «s» }
declare const a: «t»
namespace a.b { «s» }
if («e») { «s» } else { «s» }
for (let i = «e»; «e»; i++) { «s» }
for (const «n» of «e») { «s» }
for (const { a } of «e») has({ plan: a })
for (const «n» in «e») { «s» }
for await (const a of «e») { «s» }
while («e») { «s» }
do { «s» } while («e»)
switch («e») { case «e»: «s»; break; default: «s» }
try { «s» } catch ({ a }) { «s» } finally { «s» }
with («e») { «s» }
label: for (;;) { continue label }
{ «s» }
return «e»
throw «e»
debugger
;
// a comment
/* another */
<!-- one of old
'use client'
#!/usr/bin/env node
"""
TYPES = """\
'a' | 'b' | «t»
| 'a'
«n»
a.b.«n»
«n»<«t»>
«t» & «t»
keyof «t»
typeof «n».a
typeof «n»['a']
typeof import('./a')
typeof «n»<«t»>
«t»[«t»]
(«t»)[number]
«t»[]
readonly «t»[]
[«t», a?: «t», ...«t»[]]
[«t»?, ...«t»]
{ a: «t»; b?: «t»; readonly [k in «t» as «t»]-?: «t» }
{ a: «t»; 'b': «t»; m(): «t» }
{ [k in «t»]+?: «t» }
{ [k in «t»]?: «t» }
(a: «t», ...b: «t»[]) => «t»
abstract new () => «t»
«t» extends infer U extends «t» ? «t» : «t»
`a${«t»}b`
Exclude<«t», «t»>
Readonly<Record<«t», «t»>>
unique symbol
string
any
-1
null
undefined
this
asserts a
(x: unknown) => x is «t»
(x: unknown) => asserts x is «t»
*
?«t»
(«t»)
"""
PIECES = {"e": EXPRESSIONS, "s": STATEMENTS, "t": TYPES}
NAMES = ("has", "auth", "useAuth", "Protect", "PLANS", "a", "b", "plan", "sessionClaims")
ENDS = {"e": "'pro'", "s": "has({ plan: 'pro' })", "t": "'pro'"}
ROWS = {"e": "x = {}\n", "s": "{}\n", "t": "type X = {}\n"}
DEEPEST = 6
SUFFIXES = (".ts", ".tsx", ".js", ".vue", ".svelte", ".astro", ".mdx", ".json")
# Kinds that occur only in a piece of another kind, or have no text of their own.
OTHERWISE = {"ERROR", "html_comment"}


def made(draw: Callable[[st.SearchStrategy], object], kind: str, left: int) -> str:
    """A text of a kind, made of nested pieces."""
    if kind == "n":
        return str(draw(st.sampled_from(NAMES)))
    if left <= 0:
        return ENDS[kind]
    first, *others = str(draw(st.sampled_from(PIECES[kind].splitlines()))).split("«")
    return first + "".join(
        made(draw, other[0], left - 1 - len(others) // 2) + other[2:] for other in others
    )


@st.composite
def texts(draw: Callable[[st.SearchStrategy], object]) -> str:
    """A file of some statements."""
    count = draw(st.integers(1, 6))
    assert isinstance(count, int)
    rows = [made(draw, "s", draw(st.integers(0, DEEPEST))) for _ in range(count)]  # type: ignore[arg-type]
    return "\n".join(["import { auth, useAuth, Protect, Show } from '@clerk/nextjs'", *rows, ""])


def test_there_is_a_piece_for_each_kind_of_node() -> None:
    missing: set[str] = set()
    found: set[str] = set()
    for made_by in (typescript.language_tsx, typescript.language_typescript):
        language = Language(made_by())
        parser = Parser(language)
        kinds = range(language.node_kind_count)
        missing |= {
            str(language.node_kind_for_id(kind))
            for kind in kinds
            if language.node_kind_is_named(kind) and language.node_kind_is_visible(kind)
        }
        for kind, pieces in PIECES.items():
            for piece in pieces.splitlines():
                text = piece
                for hole, end in (*ENDS.items(), ("n", "a")):
                    text = text.replace(f"«{hole}»", end)
                before = {"e": "x = ", "s": "", "t": "type X = "}[kind]
                pending = [parser.parse((before + text + "\n").encode()).root_node]
                while pending:
                    node = pending.pop()
                    found.add(node.type)
                    pending += node.named_children

    assert missing - found - OTHERWISE == set()


def quickly(text: bytes, suffix: str) -> None:
    """Scan a text, alone and in an app, within the time, and read it as a declaration."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, f"a{suffix}")
        file.write_bytes(text)

        def read() -> None:
            look(text, suffix, ("a", "*b"))
            if suffix != ".json":
                scan(Path(name))
            with contextlib.suppress(InputError):
                read_declaration(file)

        within(3 * SECONDS, read)


@given(texts(), st.sampled_from(SUFFIXES))
@settings(max_examples=120, deadline=None)
def test_files_of_all_that_the_grammar_has(text: str, suffix: str) -> None:
    if suffix in (".vue", ".svelte"):
        text = f"<script lang='ts'>\n{text}</script>\n<template>{text}</template>\n"
    quickly(text.encode(), suffix)


@given(texts(), st.sampled_from(SUFFIXES), st.data())
@settings(max_examples=120, deadline=None)
def test_files_that_are_cut_and_overwritten(text: str, suffix: str, data: st.DataObject) -> None:
    broken = bytearray(text.encode())
    start = data.draw(st.integers(0, len(broken)))
    del broken[start : start + data.draw(st.integers(0, 40))]
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, max(len(broken) - 1, 0)))
        broken[at : at + 1] = data.draw(st.binary(max_size=3))

    quickly(bytes(broken), suffix)


def closed(piece: str) -> str:
    """A piece with the simplest content in each of its holes."""
    for hole, end in (*ENDS.items(), ("n", "a")):
        piece = piece.replace(f"«{hole}»", end)
    return piece


@pytest.mark.parametrize("kind", PIECES)
def test_the_same_piece_over_and_over(kind: str) -> None:
    rows = [ROWS[kind].format(closed(piece)) for piece in PIECES[kind].splitlines()]
    for row in rows:
        text = ("/*auth has(*/" + row * (16_000 // len(row))).encode()
        within(SECONDS, partial(look, text, ".tsx", ("a",)))


@pytest.mark.parametrize("size", [300_000, 1_900_000])
def test_a_bundle_of_all_pieces(size: int) -> None:
    rows = [
        ROWS[kind].format(closed(piece)).replace("#!", "")
        for kind in PIECES
        for piece in PIECES[kind].splitlines()
    ]
    bundle = "".join(rows)
    text = (bundle * (size // len(bundle))).encode()
    within(SECONDS, lambda: look(text, ".tsx", ("a",)))
