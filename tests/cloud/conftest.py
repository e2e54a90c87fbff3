"""These tests run on a whole cloud in their own process."""

from stack_fixture import stack

__all__ = ["stack"]
