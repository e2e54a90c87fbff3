"""Steps: what stories are made of. Each is idempotent and decides from the world; its result is plain JSON."""
