"""How processes are started: a fresh Python each, or a fork of one that has imported the libraries already."""
