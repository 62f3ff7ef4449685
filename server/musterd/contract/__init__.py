"""What the contract says of each API version."""
