"""`python -m kumoniwa` is the command line."""

from kumoniwa.cli.main import main

main()
