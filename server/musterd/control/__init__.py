"""The control API: what tests in any language tell a server to do."""
