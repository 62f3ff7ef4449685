"""The cases of the vectors, a module for each topic."""
