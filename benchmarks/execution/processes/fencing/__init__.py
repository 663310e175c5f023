"""What the fence is made of: Landlock, a filter of system calls, and the files that Python needs."""
