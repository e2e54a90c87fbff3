"""Machines that are saved once, up to where they wait for an identity, and guests that go on from there."""
