"""The HTTP surface: one service over one :class:`claimcheck.Checker`, and a plain page to try it."""
