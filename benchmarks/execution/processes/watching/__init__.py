"""What a tree of processes uses, looked at again and again: memory, files in memory, open files, processes."""
