"""What is found wrong, in the language of who reads it."""
