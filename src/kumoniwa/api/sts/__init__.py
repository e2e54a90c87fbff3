"""STS, as far as tools need it to use EC2."""
