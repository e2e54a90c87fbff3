"""Durable work: one file per story (nothing but steps and decisions), and the engine that runs and resumes them."""
