"""A URL as Svix keeps it, held against the parser that Svix itself uses (pydantic has it too)."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AnyUrl

from clerkstack.kept_url import kept_url, same_url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://A.Example", "https://a.example/"),
        ("HTTPS://a.example:443/a/../b", "https://a.example/b"),
        ("http://a.example:80", "http://a.example/"),
        ("https://a.example:8443", "https://a.example:8443/"),
        ("https://a.example/a/.", "https://a.example/a/"),
        ("https://a.example/..", "https://a.example/"),
        ("https://a.example/a/b/%2E%2e/c", "https://a.example/a/c"),
        ("https://a.example/é", "https://a.example/%C3%A9"),
        ("https://a.example/%C3%A9", "https://a.example/%C3%A9"),
        ("https://a.example?x=ü y", "https://a.example/?x=%C3%BC%20y"),
        ("https://a.example//a", "https://a.example//a"),
        ("https://u:p@A.example/x#f", "https://u:p@a.example/x#f"),
    ],
)
def test_a_url_is_kept_as_svix_keeps_it(url: str, kept: str) -> None:
    assert str(AnyUrl(url)) == kept_url(url) == kept
    assert kept_url(kept) == kept
    assert same_url(url, kept)


@pytest.mark.parametrize("url", ["", "nonsense", "https://[", "https://a:b/", "ftp://A.example"])
def test_what_is_no_webhooks_url_stays(url: str) -> None:
    assert kept_url(url) == url


def test_a_circumflex_is_encoded_since_versions_of_the_standard_differ() -> None:
    assert kept_url("https://a.example/a^b?c^d") == "https://a.example/a%5Eb?c%5Ed"


TEXT = st.text(st.characters(exclude_characters="#^", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(path=TEXT, query=TEXT)
@example(path="a/./../b//..", query="a'\"<>`{}|\\")
@example(path="\\a\\..\\b", query="")
def test_any_path_and_query_are_kept_so(path: str, query: str) -> None:
    path = path.replace("?", "")
    # A question mark with nothing behind it would stay, and is dropped here.
    url = f"https://a.example/{path}" + (f"?{query}" if any(c > " " for c in query) else "")

    assert kept_url(url) == str(AnyUrl(url))
