"""From what a worker answers to the result that is stored: what it must hold, and how well it predicted."""
