"""`make rotation`: rotations under continuous traffic, killed, refused and cut off at every moment.

The example app runs as the deployment of a stack, in a local world, and is asked all the time what
its users and Clerk's webhooks would ask. No valid request may be refused, whatever happens to the
rotation.
"""
