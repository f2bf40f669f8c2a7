"""What goes wrong below everything else."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached or did not answer in time; nothing was read."""


class UnpermittedRead(Exception):
    """A protected table was about to be read without a warrant that covers it: a forgotten gate, never user input."""
