"""Confirmation of payee: names compared, this bank's own accounts, and other banks (simulated, or none)."""
