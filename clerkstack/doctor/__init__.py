"""What to check first when something is wrong: machine, stack, services, the app.

`machine`, `stack` and `services` have the checks, small functions that each return a finding;
`model` runs them, and skips those that depend on a failed one.
"""

from __future__ import annotations
