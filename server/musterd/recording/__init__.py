"""What clients send, and how it compares with the contract."""
