"""IAM, as far as launches and tools need it: who there is. Policies are stored, and nobody evaluates them."""
