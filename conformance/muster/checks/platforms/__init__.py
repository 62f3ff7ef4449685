"""Rules on images of several platforms, which a store keeps whole: with all their manifests."""
