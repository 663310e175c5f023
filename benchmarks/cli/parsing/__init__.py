"""How the words of a command line are read: errors of arguments, and what of them a suggested command needs too."""
