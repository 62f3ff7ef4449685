"""Images described in a few words, from which everything else about them is derived."""
