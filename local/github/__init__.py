"""An emulator of a part of GitHub's REST API: comments of pull requests, artifacts, environments.

Test-only. tests/contract/test_github.py checks it against GitHub's description. The rest is from
the documentation: pages and their Link header, limits, the longest comment, and that the token of a
job is an installation's (https://docs.github.com/en/rest/issues/comments,
.../using-pagination-in-the-rest-api, .../rate-limits-for-the-rest-api). An artifact is fetched from
another host, at a URL that needs no token.
"""

from local.github.github import Github

__all__ = ["Github"]
