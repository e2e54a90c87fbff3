"""Roles: who may be assumed, by callers and by instances."""
