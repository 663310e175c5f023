"""Scripts that produced the numbers quoted in docs/."""
