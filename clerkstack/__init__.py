"""Clerk instances and their Vercel variables, kept right by Pulumi."""
