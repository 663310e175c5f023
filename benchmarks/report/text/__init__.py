"""Tables as markdown, CSV and plain text."""
