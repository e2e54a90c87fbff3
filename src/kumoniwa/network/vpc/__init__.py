"""A VPC that carries packets: `plan` says what is to be carried, the other files judge it or render it. Pure."""
