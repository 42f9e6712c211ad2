"""The manager wire: events in, actions out, and what is live on one Asterisk."""
