"""Texts and recordings made into sounds that Asterisk plays: voices, and the studio that makes and keeps sounds."""
