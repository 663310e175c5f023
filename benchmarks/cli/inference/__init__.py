"""The commands that use saved models, with their arguments."""
