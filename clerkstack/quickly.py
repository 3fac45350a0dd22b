"""YAML 1.2 by libyaml, where ruamel.yaml would read the same: it is much faster, to import as well.

All else is left to ruamel.yaml: what is wrong, because its messages say more, and what the two
might take for different values.
"""

from __future__ import annotations

import re
from typing import Any

import yaml as libyaml

PLAIN = "tag:yaml.org,2002:"
# What the two may read differently: tabs, line breaks of YAML 1.1 alone, directives, tags.
_OTHERWISE = re.compile("[\t\x85\u2028\u2029\ufeff]|^%|(?<![^\\s,:\\[{?-])!", re.MULTILINE)
_CERTAIN = (
    ("bool", re.compile("true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("null", re.compile("~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("int", re.compile(r"[-+]?[0-9]+"), "-+0123456789"),
)
# Made of what numbers and times are made of, so that it may be one in some spelling.
_DOUBTFUL = re.compile(r"[-+.\d][-+.:_ \da-fotxz]*|[-+]?\.(inf|nan)|<<|=", re.IGNORECASE)


def nodes(text: str) -> Any:
    """The document as libyaml's nodes; None where there is none, or ruamel.yaml has to say what it
    is or what is wrong with it."""
    if not libyaml.__with_libyaml__ or _OTHERWISE.search(text):
        return None
    try:
        return libyaml.compose(text, Loader=_Loader)
    except libyaml.YAMLError:
        return None


class _Loader(getattr(libyaml, "CBaseLoader", object)):  # type: ignore[misc]
    """libyaml's reader with the plain values of YAML 1.2."""


class _Whole:
    """A pattern for all of a value."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.match = pattern.fullmatch


class _Doubt:
    """A pattern that ends the reading."""

    def match(self, text: str) -> None:
        if _DOUBTFUL.fullmatch(text):
            raise libyaml.YAMLError


if libyaml.__with_libyaml__:
    for _kind, _form, _first in _CERTAIN:
        _Loader.add_implicit_resolver(PLAIN + _kind, _Whole(_form), list(_first))
    _Loader.add_implicit_resolver(PLAIN + "doubt", _Doubt(), list("-+.0123456789<="))
