"""Planned trials → results: decide which must run, execute each in a process of its own, store what it measured."""
