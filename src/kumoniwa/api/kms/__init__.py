"""KMS: keys and their aliases, policies, rotation, grants and tags, and what is encrypted with them."""
