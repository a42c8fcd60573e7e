"""What the service bears: load, soak, killed workers."""
