"""What neighbouring systems can start from."""
