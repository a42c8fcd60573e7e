"""Many texts at once: one pure core, and what feeds it from files on all cores."""
