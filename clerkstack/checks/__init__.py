"""What a check finds: one class for every command, and the comparisons that make it."""
