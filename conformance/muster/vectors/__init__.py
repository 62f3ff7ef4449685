"""Test vectors: what a list function must answer, for servers in any language."""
