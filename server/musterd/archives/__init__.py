"""Import and export of images: archives and listings."""
