"""What the cloud consists of: frozen values, states and their allowed moves. Pure: no I/O, no clock, no randomness."""
