"""The second axis: what can happen to someone who believes a claim."""
