"""Who may do what: keys of the API, accounts of the console, and the limits on both."""
