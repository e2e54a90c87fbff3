"""What the reference says of actions on networks that guests notice in one of the network modes only."""

NOT_IN_USER = "In the network mode `user` what it changes is stored and shown, and guests do not notice."
PORTS_IN_USER = "In the network mode `user` it decides which ports public addresses open, and nothing else."
