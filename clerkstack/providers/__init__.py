"""The project's dynamic resources: one for each part of an instance, and two that check the
variables of a Vercel project."""
