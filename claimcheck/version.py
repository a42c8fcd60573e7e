"""The library's own version; the other three live with what they version."""

__version__ = "0.1.0"
