"""What is raised where something is not at hand."""


class Unavailable(Exception):
    """Raised by ``build``, ``fit`` or ``transform`` when something that is needed is not at hand.

    The trial is then ``skipped``; the message says what is missing and how to get it.
    """
