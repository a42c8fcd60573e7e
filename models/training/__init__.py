"""Training: one seeded script a step; nothing here is imported at run time."""
