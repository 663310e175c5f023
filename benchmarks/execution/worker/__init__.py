"""What happens inside a worker process: one trial, measured stage by stage."""
