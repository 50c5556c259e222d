"""How a bank's customers prove who they are: implementations of PsuIdentity of consent/ports.py."""
