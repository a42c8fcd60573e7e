"""Claims: relation cues, their arguments, and the chance that a claim is one."""
