"""CloudTrail's event history: what was called here, by whom, and what came of it."""
