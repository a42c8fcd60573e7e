"""Work that outlives a request: jobs of many rows, and what is told to other servers."""
