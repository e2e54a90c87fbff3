"""Classic load balancers: there are none, and this is what those are answered who ask."""
