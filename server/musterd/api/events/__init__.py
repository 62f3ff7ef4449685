"""Events: those that operations record, and the response with them."""
