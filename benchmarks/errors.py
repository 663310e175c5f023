"""The one error that is the user's to mend."""


class BenchError(Exception):
    """Bad arguments or bad data.

    The message is one line: what is wrong and what to do. ``bench.py`` prints it and leaves with 2.
    """
