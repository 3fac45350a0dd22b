"""Rotating the secrets that the running app uses, so that nobody is locked out.

    claim      the rotation is noted in the state, with who holds it
    preflight  the roll-out would work, and the app uses the old secrets: nothing was sent yet
    mint       Clerk and Svix make the new secrets; the old ones live on for the overlap
    store      the new ones go into the state, encrypted
    roll out   `pulumi up` writes the variables and builds the app again
    prove      the deployment that answers uses the new ones
    record     the journal says so; the old ones end when the overlap does

`journal` is what is kept, `run` the sequence; both know neither the engine nor the terminal.
"""

from __future__ import annotations
