"""Loading a folder of records: the progress bar, and the report of what was rejected."""
