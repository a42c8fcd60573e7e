"""Claims to findings: what is known of each claim, and what could go wrong.  Pure: no models, no network."""
