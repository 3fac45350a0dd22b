"""`make faults`: tries every write of the program with every failure of the service."""
