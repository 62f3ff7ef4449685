"""Test vectors: the correct responses of a list function, for servers in any language."""
