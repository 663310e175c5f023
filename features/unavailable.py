"""The exception for something that is not available."""


class Unavailable(Exception):
    """Raised by ``build``, ``fit`` or ``transform`` when something that is needed is not available.

    The trial is then ``skipped``; the message says what is missing and how to get it.
    """
