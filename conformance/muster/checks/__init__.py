"""One small function a requirement."""
