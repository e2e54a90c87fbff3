"""Whether the host has room for what an action asks: memory for guests, disk for layers."""
