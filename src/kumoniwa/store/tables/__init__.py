"""The tables, one file for each resource."""
