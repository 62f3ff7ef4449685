"""List Images itself: pure functions over images."""
