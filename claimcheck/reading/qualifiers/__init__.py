"""How a claim is said: polarity, certainty, stance, source, each with the words that show it."""
