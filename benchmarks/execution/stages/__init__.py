"""The stages of a process: told over a pipe as they begin, stamped by the bench's clock, compared with its answer."""
