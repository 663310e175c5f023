"""Which settings are tried next, and which go on."""
