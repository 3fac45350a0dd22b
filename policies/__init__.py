"""What may not be deployed: rules, and their binding to CrossGuard."""
