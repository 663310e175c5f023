"""All that can be named on the command line, the user's plug-ins included, and the trials that names stand for."""
