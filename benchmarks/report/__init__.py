"""Stored results → LEADERBOARD.md, leaderboard.csv, report.html, figures and tables."""
