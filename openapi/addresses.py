"""Where a brand serves the operations of a dialect, for its published documents: on the listener that asks for client certificates, and on
the public one those that ask for nothing of their caller."""

from dataclasses import dataclass

from openapi.dialect import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Absolute URLs without a path: the brand's `mtls_url` and its `issuer`."""

    mtls: str = "https://localhost:8444"
    public: str = "https://localhost:8443"

    def first_of(self, row: Row) -> str:
        """Where most callers of an operation find it."""
        return self.public if row.credential == "none" else self.mtls


USUAL = Addresses()
