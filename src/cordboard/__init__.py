"""Cordboard: the control layer that turns stock Asterisk into an IP-PBX and call centre."""
