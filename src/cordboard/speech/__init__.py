"""Texts made into sounds that Asterisk plays: voices, the studio that makes and keeps sounds, what is heard by name."""
