"""What a person looks at first when something is off: machine, stack, services, the app.

`machine`, `stack` and `services` are the checks, each a function that reads a little and says what
it found; `model` goes through them, and leaves out what depends on an earlier one that did not
pass.
"""

from __future__ import annotations
