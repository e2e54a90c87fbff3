"""STS: who calls, and credentials that expire."""
