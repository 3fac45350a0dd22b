"""An emulator of the part of GitHub's REST API that comments on pull requests.

Test-only. What it answers is what GitHub documents
(https://docs.github.com/en/rest/issues/comments, .../using-pagination-in-the-rest-api,
.../rate-limits-for-the-rest-api); what it leaves out is left out of the answers' bodies.
"""

from local.github.github import Github

__all__ = ["Github"]
