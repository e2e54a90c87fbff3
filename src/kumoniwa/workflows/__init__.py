"""Durable work: stories (steps and decisions, nothing else), the steps they take, and the engine that runs them."""
