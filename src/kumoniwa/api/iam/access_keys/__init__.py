"""Access keys: the same as those of `kumoniwa key`."""
