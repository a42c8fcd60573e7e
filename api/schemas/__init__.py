"""What goes over the wire, one module a part of the API: requests, checked strictly, and replies."""
