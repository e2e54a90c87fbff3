"""Systems Manager's Parameter Store: parameters, and the public ones by which tools find AMIs."""
