"""What can go wrong while training data is made, said for the person who makes it."""


class SynthesisError(Exception):
    """Something a user can mend. The text says what to do."""


class NoRow(SynthesisError):
    """A run that cannot be one row of training data."""
