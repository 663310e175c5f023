"""On which machine, with which versions and which code a result was measured: what makes a stored trial valid."""
