"""Clients of the services this project configures: typed, thin, free of Pulumi.

One module for each API, errors in `errors`. Nothing is imported here, so that a program that only
names an error does not load an HTTP library: an `up` that changes nothing sends nothing.
"""
