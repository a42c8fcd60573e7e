"""One module for each group of endpoints; each holds a ``router``."""
