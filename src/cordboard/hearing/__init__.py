"""What callers say to a menu, made the words that it knows: an engine for Asterisk's speech interface."""
