"""Rotates the secrets that the running app uses, without locking anybody out.

    claim      record the rotation and its holder in the state
    preflight  check that the roll-out would work and that the app uses the old secrets; sends
               nothing
    mint       Clerk and Svix create the new secrets; the old ones stay valid for the overlap
    store      write the new secrets to the state, encrypted
    roll out   `pulumi up` writes the variables and rebuilds the app
    prove      check that the deployment that answers uses the new secrets
    record     record the result in the journal; the old secrets expire with the overlap

`journal` is what is stored, `run` has the sequence; neither knows the engine or the terminal.
"""

from __future__ import annotations
