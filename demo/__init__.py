"""`make demo`: a company, a real Asterisk, Cordboard, agents' phones and callers, all on loopback."""
