"""Kumoniwa: an Amazon EC2 that a person runs on their own machine, with a real guest behind every instance."""

from importlib.metadata import version

__version__ = version("kumoniwa")
