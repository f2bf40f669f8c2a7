"""Example data, and the generator that makes it."""
