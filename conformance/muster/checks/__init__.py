"""One small function per requirement."""
