"""IAM's groups of users."""
