"""`make faults`: every write that the program sends, on every bad day of the service it goes to."""
