"""Experiments on a cloud through its public API, and their evidence."""
