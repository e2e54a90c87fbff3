"""EC2 Instance Connect: public keys that a guest admits for a minute."""
