"""Measurements: quality against annotated passages, speed and memory on this machine."""
