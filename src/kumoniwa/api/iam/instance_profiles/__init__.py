"""Instance profiles, which hand a role to instances."""
