"""Open Mind: what probation and NHS talking therapy may know of each other's records, and the proof of who knew it."""
