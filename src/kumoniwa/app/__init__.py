"""The composition root: what a cloud is made of, and how a server runs it."""
