"""`python -m kumoniwa` is the command line."""

from kumoniwa.cli import main

main()
