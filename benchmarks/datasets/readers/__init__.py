"""Readers of the formats that a user's own images come in."""
