"""What the bench itself costs, and whether that grows."""
