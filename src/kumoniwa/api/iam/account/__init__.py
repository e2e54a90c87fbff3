"""What there is of the account as a whole."""
