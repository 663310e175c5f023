"""Tables and comparisons as markdown, CSV and plain text."""
