"""The ledger's sealed documents: who an account belongs to, what a transaction says, and the records of an account.

A document is one format byte and JSON, sealed to its place (table, column, brand, row id). Readers accept the newest format and
the one before it.
"""

from typing import TypeVar

import msgspec

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Counterparty, CurrencyExchange, Merchant
from kernel.storage.sealed import SealBroken, Sealer

FORMAT = 1
FORMATS_READ = frozenset({FORMAT})

Document = TypeVar("Document", bound=msgspec.Struct)


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The identifying data of an account, sealed as one document: identifiers and nickname."""

    identifiers: tuple[AccountIdentifier, ...] = ()
    nickname: str | None = None


class Narrative(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a transaction for its holder, apart from amount and dates."""

    information: str
    reference: str | None = None
    merchant: Merchant | None = None
    counterparty: Counterparty | None = None
    exchange: CurrencyExchange | None = None


def seal_identity(sealer: Sealer, identity: Identity, brand: str, account_id: str) -> bytes:
    return seal_document(sealer, identity, "ledger_accounts", "identity", brand, account_id)


def open_identity(sealer: Sealer, sealed: bytes, brand: str, account_id: str) -> Identity:
    """Raises SealBroken."""
    return open_document(sealer, sealed, Identity, "ledger_accounts", "identity", brand, account_id)


def seal_narrative(sealer: Sealer, narrative: Narrative, brand: str, transaction_id: str) -> bytes:
    return seal_document(sealer, narrative, "ledger_transactions", "narrative", brand, transaction_id)


def open_narrative(sealer: Sealer, sealed: bytes, brand: str, transaction_id: str) -> Narrative:
    """Raises SealBroken."""
    return open_document(sealer, sealed, Narrative, "ledger_transactions", "narrative", brand, transaction_id)


def seal_document(sealer: Sealer, document: msgspec.Struct, *place: str) -> bytes:
    return sealer.seal(write_document(document), *place)


def open_document(sealer: Sealer, sealed: bytes, into: type[Document], *place: str) -> Document:
    """Raises SealBroken."""
    return read_document(sealer.open(sealed, *place), into)


def write_document(document: msgspec.Struct) -> bytes:
    return bytes([FORMAT]) + json.encode(document)


def read_document(text: bytes, into: type[Document]) -> Document:
    """Raises SealBroken for a format that this version does not read."""
    if text[0] not in FORMATS_READ:
        raise SealBroken(f"document format {text[0]}")
    return msgspec.json.decode(text[1:], type=into)
