"""The operations of the API, and what they answer."""
