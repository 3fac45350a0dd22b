"""Tables for people, with cells that anybody may have typed."""

from __future__ import annotations

import pytest

from clerkstack.report.table import print_table


@pytest.mark.parametrize("hostile", ["\x1b[2Jgone", "\x9b31m", "a\rb", "[red]x[/red]", "\x07"])
def test_what_is_shown_is_text_and_no_command(
    hostile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_table(("what",), [[(hostile,)]])

    said = capsys.readouterr().out
    assert not any(ord(each) < 32 and each != "\n" for each in said)
    assert not any(127 <= ord(each) < 160 for each in said)
    assert hostile.strip("\x1b\x9b\r\x07").replace("\r", "\\u000d") in said
