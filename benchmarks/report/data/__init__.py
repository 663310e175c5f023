"""What a report says, as values; pure."""
