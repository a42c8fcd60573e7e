"""What the service keeps, in SQLite by default and in PostgreSQL by one setting."""
