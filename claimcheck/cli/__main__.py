"""Lets ``python -m claimcheck.cli`` stand for ``claimcheck``."""

from claimcheck.cli import main

# A checking process imports this module again, and must not run the command again.
if __name__ == "__main__":
    main()
