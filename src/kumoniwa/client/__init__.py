"""A small client of a running cloud, for the command line and the lab: finds it, signs its calls, reads its answers."""
