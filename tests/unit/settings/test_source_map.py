"""Both YAML readers agree on whether a stack file holds a secret as plain text."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from clerkstack.handwritten import nodes
from clerkstack.settings.names import Step
from clerkstack.settings.source_map import SourceMap

KEY = "clerkstack:platformKey"
FILES = {
    "plain": f"config:\n  {KEY}: ak_plain\n",
    "encrypted": f"config:\n  {KEY}:\n    secure: v1:abc\n",
    "nothing": f"config:\n  {KEY}:\n",
    "list": f"config:\n  {KEY}: [ak_plain]\n",
    "number": f"config:\n  {KEY}: 1.5e3\n",
    "elsewhere": "config:\n  vercel:apiToken: abc\n",
    "no group": "config: text\n",
    "merged": f"encryptionsalt: &salt\n  {KEY}: ak_plain\nconfig:\n  <<: *salt\n",
    "tagged": f"config:\n  {KEY}: !!str ak_plain\n",
    "twice": f"config:\n  {KEY}: ak_plain\n  {KEY}: ak_plain\n",
    "no YAML": f"config: [\n  {KEY}: ak_plain\n",
    "empty": "",
}
IN_THE_CLEAR = {"plain", "list", "number", "merged", "tagged"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("quick", [True, False], ids=["libyaml", "ruamel.yaml"])
def test_a_secret_as_plain_text_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, quick: bool
) -> None:
    if quick and not yaml.__with_libyaml__:
        pytest.skip("PyYAML came without libyaml here: there is no quick reader")
    monkeypatch.setattr(yaml, "__with_libyaml__", quick)
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(FILES[name])
    path: tuple[Step, ...] = ("platformKey",)

    assert SourceMap(file, "dev").in_the_clear(path) is (name in IN_THE_CLEAR)


def test_a_plain_secret_deep_inside_is_seen_without_the_slow_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "config:\n  clerkstack:signIn:\n    oauth:\n      google:\n        clientSecret: abc\n"
    )
    source_map = SourceMap(file, "dev")
    if yaml.__with_libyaml__:
        monkeypatch.setattr(nodes, "_composed", lambda _: pytest.fail("read again"))

    assert source_map.in_the_clear(("signIn", "oauth", "google", "clientSecret"))
