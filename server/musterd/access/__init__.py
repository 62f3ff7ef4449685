"""Who may ask: signatures, credentials, and guards against web pages."""
