"""Kumoniwa: an Amazon EC2 that a person runs on their own machine, with a real guest behind every instance."""

__version__ = "0.1.0"  # the package takes it from here
