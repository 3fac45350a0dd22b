"""Pure reconcilers: what is declared, what is live, what must change. No network, no engine."""
