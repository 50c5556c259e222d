"""The refusals of the ledger: what it does not book, hold, capture or release. After a refusal nothing has moved."""

from sqlalchemy.exc import DataError, IntegrityError

from kernel.errors import Problem


class EntryUnbalanced(Problem):
    code, public = "entry_unbalanced", "The entry does not balance."


class EntryMismatched(Problem):
    code, public = "entry_mismatched", "The entry does not fit its account."


class EntryRepeated(Problem):
    code, public = "entry_repeated", "There is another entry with this id."


class EntryReversed(Problem):
    code, public = "entry_reversed", "The entry has been reversed already."


class EntryUnknown(Problem):
    code, public = "entry_unknown", "There is no such entry."


class EntryTooLarge(Problem):
    code, public = (
        "entry_too_large",
        "The amount, or the balance that it leads to, has more than thirteen digits before the point.",
    )


class EntryRefused(Problem):
    code, public = "entry_refused", "The rules of the ledger's database refuse the entry."


class FundsInsufficient(Problem):
    code, public = "funds_insufficient", "The account does not have the funds."


class QuoteUsed(Problem):
    code, public = "quote_used", "The quote has been used already."


class HoldUnknown(Problem):
    code, public = "hold_unknown", "There is no such hold."


class HoldEnded(Problem):
    code, public = "hold_ended", "The hold has been captured, released or has expired already."


class HoldMismatched(Problem):
    code, public = "hold_mismatched", "The hold has another account, another currency or too small an amount."


class TransferMoved(Problem):
    code, public = "transfer_moved", "The transfer is not reserved, or is more than that already."


class PendingUnknown(Problem):
    code, public = "pending_unknown", "There is no such pending transaction."


# of the words of either database about a unique index or a rule of the ledger; the first that is there counts
_SAID: dict[str, type[Problem]] = {
    "entries_by_reversed": EntryReversed,
    "entries.reverses": EntryReversed,
    "entries_by_quote": QuoteUsed,
    "entries.quote_id": QuoteUsed,
    "nothing to reverse": EntryUnknown,
    "ledger: ": EntryRefused,
    "duplicate key": EntryRefused,
    "UNIQUE constraint": EntryRefused,
}


def refusal_of(error: DataError | IntegrityError, entry_id: str) -> Problem | None:
    """The refusal that the database's error about a single entry means; None where it says nothing of the entry, as with tables that are
    not those of this release."""
    said = str(error.orig)
    refusal = next((refusal for words, refusal in _SAID.items() if words in said), None)
    if refusal is None and isinstance(error, DataError):
        refusal = EntryRefused
    return None if refusal is None else refusal(f"the database refuses entry {entry_id}: {type(error.orig).__qualname__}")
