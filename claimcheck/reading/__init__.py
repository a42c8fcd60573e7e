"""Text to claims: the only room that may import spaCy."""
