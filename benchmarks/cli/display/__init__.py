"""What a person sees while trials run, alone or as those of a study."""
