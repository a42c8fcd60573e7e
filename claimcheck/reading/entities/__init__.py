"""Names of interventions and targets in a text."""
