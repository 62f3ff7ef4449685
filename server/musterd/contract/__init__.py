"""The contract: API versions, their documents and their rules."""
