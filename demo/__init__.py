"""`make demo`: a company, a real Asterisk, Cordboard, agents' phones and callers, all on loopback."""

from pathlib import Path

COMPANY = Path(__file__).with_name("company.yaml")
