"""Stored results → what people read: leaderboard.csv, LEADERBOARD.md, report.html."""
