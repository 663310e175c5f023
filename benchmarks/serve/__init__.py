"""The web application: saved models behind a page and an API on this machine."""
