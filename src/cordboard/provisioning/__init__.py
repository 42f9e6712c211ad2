"""What Asterisk must run: planned before it changes, proven after, and with a way back."""
