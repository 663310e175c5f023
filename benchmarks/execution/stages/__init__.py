"""The stages of a process: told as they begin, stamped by the kernel, compared with its answer."""
