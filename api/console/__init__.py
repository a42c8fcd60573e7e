"""Pages for people: rendered here, complete without JavaScript, nothing loaded from elsewhere."""
