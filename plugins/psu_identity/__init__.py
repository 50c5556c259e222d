"""Authentication of a bank's customers: implementations of PsuIdentity of consent/ports.py."""
