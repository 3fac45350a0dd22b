"""An instance as it is: clients with verified keys, and what was read through them once."""
