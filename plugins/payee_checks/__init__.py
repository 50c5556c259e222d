"""Confirmation of payee: names compared, this bank's own accounts, and other banks by two services (simulated, or none)."""
