"""Sample texts written for this project."""
