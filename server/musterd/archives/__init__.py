"""Archives and listings: images in and out."""
