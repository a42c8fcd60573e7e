"""Lets ``python -m claimcheck.cli`` stand for ``claimcheck``."""

from claimcheck.cli import main

main()
