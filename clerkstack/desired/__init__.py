"""What a stack declares, in the shape of each API: settings and catalog become the documents that
resources take as inputs and that `clerkstack drift` compares with what is live. Nothing here talks
to a service or to the engine."""
