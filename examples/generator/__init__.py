"""Makes the Leicester example: nobody in it exists, and the same seed always makes the same bytes."""
