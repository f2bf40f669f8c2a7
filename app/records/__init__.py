"""Rows, opened with a permit and only as far as it names."""
