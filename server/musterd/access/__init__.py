"""Access control: signatures, credentials, and protection from web pages."""
