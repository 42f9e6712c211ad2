"""What happened: the facts of each received call, one outcome for each, and counts that add up."""
