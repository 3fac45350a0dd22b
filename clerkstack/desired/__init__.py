"""What a stack declares of each thing, in the words of the API that keeps it: settings and catalog
made into the documents that resources carry, and that `clerkstack drift` compares with what is
live. Nothing here talks to a service or to the engine."""
