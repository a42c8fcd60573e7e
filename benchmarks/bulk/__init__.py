"""Many texts at once: a long run that is killed, and Spark beside ``claimcheck bulk``."""
