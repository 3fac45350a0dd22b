"""The app's own code, as one side of the comparison of plans and features."""
