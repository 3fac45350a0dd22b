"""`make rotation`: rotates under continuous traffic, with kills, refusals and lost connections.

The example app runs as the deployment of a stack, in a local world, and gets requests all the time,
as from its users and Clerk's webhooks. No valid request may be refused, whatever happens to the
rotation.
"""
