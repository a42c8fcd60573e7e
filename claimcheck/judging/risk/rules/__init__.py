"""One file, one rule.  A file added here is found by the registry; nothing else needs to know it."""
