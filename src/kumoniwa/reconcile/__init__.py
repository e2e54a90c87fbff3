"""Drift: what guests do by themselves, and what happened while no server was there, brought into the rows."""
