"""Answers what a call asks: flows, blocks and routes from the store, presence from the live state."""
