"""Pull and push: the operations that ask a registry."""
