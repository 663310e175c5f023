"""Data sets of OpenML by their number or name (Vanschoren, van Rijn, Bischl & Torgo 2013)."""
