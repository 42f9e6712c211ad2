"""Asks other systems for a call, by connections that the settings name: HTTP and SQL, each within its deadline."""
