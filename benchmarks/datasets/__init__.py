"""The datasets: find, fetch, verify, load, and say what is in them."""
