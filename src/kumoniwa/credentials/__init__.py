"""What callers sign with: access keys that last, and temporary credentials with a session token."""
