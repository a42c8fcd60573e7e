"""Speed: load time, latency, throughput, memory."""
