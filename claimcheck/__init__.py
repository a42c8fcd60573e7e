"""claimcheck: finds therapeutic claims in text, says what is known of each and what could go wrong."""
