"""A hostile app repository: what it makes the reader open, and for how long."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clerkstack.app import reading
from clerkstack.app.code import AppCode
from clerkstack.app.read import read_app
from clerkstack.app.reading import Allowance, NotRead, TooMuch, read
from clerkstack.problems import InputError
from clerkstack.settings.models import AppSettings
from tests.clock import within

PLANS = "export const PLANS = { pro: { slug: 'pro', features: [] } };\n"
OUTSIDE = "is outside the app's checkout"
SECONDS = 5.0  # of CPU; each of these took minutes, or had no end


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


def write(folder: Path, **files: str) -> None:
    """Files by their names, `__` for a dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def code_of(folder: Path, declaration: str | None = "plans.ts") -> AppCode:
    found = read_app(AppSettings(path=str(folder), declaration=declaration), None)
    assert found is not None
    return found


def quickly(act: Callable[[], object]) -> None:
    within(SECONDS, act)


def test_a_file_is_read_inside_of_the_checkout_alone(app: Path, tmp_path: Path) -> None:
    (tmp_path / "key.ts").write_text("export const S = 'secret';")
    (app / "link.ts").symlink_to(tmp_path / "key.ts")
    (app / "folder").symlink_to(tmp_path)
    for name in ("link.ts", "folder/key.ts", "../key.ts", "folder/app/../key.ts"):
        with pytest.raises(NotRead, match=OUTSIDE):
            read(app / name, app)


def test_only_regular_files_are_opened(app: Path) -> None:
    os.mkfifo(app / "pipe.ts")  # opening one waits for somebody who writes
    (app / "folder.ts").mkdir()
    (app / "loop.ts").symlink_to(app / "loop.ts")
    for name in ("pipe.ts", "folder.ts", "loop.ts", "none.ts", "a\0b.ts", "n" * 5000):
        with pytest.raises(NotRead):
            read(app / name, app)
    with pytest.raises(NotRead, match="not a regular file"):
        read(Path("/dev/zero"), None)


def test_a_file_has_a_size(app: Path) -> None:
    with (app / "sparse.ts").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(NotRead, match="larger than 2 MiB"):
        read(app / "sparse.ts", app)
    write(app, a__ts="if (has({ plan: 'pro' })) {}")

    found = code_of(app, None)

    assert [use.slug for use in found.uses] == ["pro"]
    (unresolved,) = found.unresolved
    assert (unresolved.file, "larger than 32 MiB" in unresolved.message) == ("sparse.ts", True)


@pytest.mark.parametrize(
    "config",
    [
        '{"references": [' + ", ".join(['{"path": "."}'] * 4) + "]}",
        '{"extends": [' + ", ".join(['"./tsconfig.json"'] * 50) + "]}",
        '{"extends": "/dev/zero"}',
        '{"references": [{"path": "/dev/zero"}]}',
        '{"extends": "../outside.json"}',
        '{"compilerOptions": {"paths": {"*": ["/etc/*", "../*"]}}}',
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_tsconfig_that_leads_in_circles_or_out(app: Path, config: str) -> None:
    write(app, tsconfig__json=config, plans__ts="import { x } from 'x';\n" + PLANS)
    (app.parent / "outside.json").write_text('{"compilerOptions": {"paths": {"x": ["./x.ts"]}}}')

    quickly(lambda: code_of(app))


def test_configs_that_fan_out(app: Path) -> None:
    # Each names all ten of the next row, by reference and as what it extends: 10^12 ways.
    for row in range(12):
        for number in range(10):
            following = [f"./c{row + 1}_{each}.json" for each in range(10)]
            named = ", ".join(f'"{each}"' for each in following)
            paths = ", ".join(f'{{"path": "{each}"}}' for each in following)
            text = f'{{"extends": [{named}], "references": [{paths}]}}'
            (app / f"c{row}_{number}.json").write_text(text)
    write(app, tsconfig__json='{"extends": "./c0_0.json"}', plans__ts="import 'x';\n" + PLANS)

    quickly(lambda: code_of(app))


@pytest.mark.parametrize(
    "doubled",
    [
        "export const A{n} = [...A{m}, ...A{m}];",
        "export const A{n} = [A{m}, A{m}];",
        "export const A{n} = {{ a: A{m}, b: A{m} }};",
        "export const A{n} = {{ ...A{m}, x{n}: A{m} }};",
    ],
)
def test_a_constant_that_doubles(app: Path, doubled: str) -> None:
    rows = [doubled.format(n=number, m=number - 1) for number in range(1, 41)]
    begin = "{ a: 1 }" if "{{" in doubled else "['a']"
    text = f"export const A0 = {begin};\n" + "\n".join(rows) + "\n" + PLANS
    write(app, plans__ts=text)

    # An uncertain value is no plan of this app: the plans are read all the same.
    quickly(lambda: code_of(app))


def test_local_constants_that_are_asked_for_twice_as_often_each_time(app: Path) -> None:
    rows = "".join(f"  const A{n} = {{ a: A{n - 1}, b: A{n - 1} }}.a;\n" for n in range(1, 41))
    text = f"function f(has) {{\n  const A0 = 'pro';\n{rows}  return has({{ plan: A40[0] }});\n}}"
    write(app, a__ts=text)

    def read_once() -> None:
        (unresolved,) = code_of(app, None).unresolved
        assert "is unresolved" in unresolved.message

    quickly(read_once)


def test_an_app_that_takes_too_long_is_reported(app: Path) -> None:
    write(app, a__ts="if (has({ plan: 'pro' })) {}")

    with pytest.raises(InputError, match=r"takes more than -1 s of CPU.*\bscan\b"):
        with_seconds(-1.0, lambda: code_of(app, None))


def with_seconds(seconds: float, act: Callable[[], object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading.Allowance.__init__, "__defaults__", (seconds, reading.PARSED))
        act()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.vue", "<Protect a " * 8000 + "auth"),
        ("a.vue", "<Show " * 20_000 + "auth"),
        ("a.tsx", "const has = lazy(() => [" + "import('@clerk/a'), " * 4000 + "]); // plan"),
    ],
)
def test_a_text_that_is_looked_through_again_and_again(app: Path, name: str, text: str) -> None:
    (app / name).write_text(text)
    quickly(lambda: code_of(app, None))


def test_a_target_that_multiplies(app: Path) -> None:
    star = "x" * 100_000
    (app / "package.json").write_text(f'{{"imports": {{"#*": "{"*" * 100_000}"}}}}')
    write(app, plans__ts=f"import {{ x }} from '#{star}';\n" + PLANS)
    quickly(lambda: code_of(app))


def test_all_together_has_an_end() -> None:
    file = Path("a.ts")
    with pytest.raises(TooMuch, match="more than 1 MiB of code"):
        Allowance(parsed=1 << 20).keep(file, (1 << 20) + 1)
    with pytest.raises(TooMuch, match=r"more than -1 s of CPU to read, at a\.ts"):
        Allowance(seconds=-1).look(file)
