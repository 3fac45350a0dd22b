"""App, catalog and instance: a three-way comparison of plans and features."""
