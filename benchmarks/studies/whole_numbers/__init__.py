"""Pictures of numbers, composed of single digits, and what is learned from them."""
