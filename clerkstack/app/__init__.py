"""The app's own code: one side of the comparison of plans and features."""
