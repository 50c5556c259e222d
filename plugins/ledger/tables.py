"""The ledger's tables: accounts and their holders, immutable entries and postings, the holder's view of them, and the records that
belong to accounts: parties, payees, mandates, orders, products, offers, statements.

Every name starts with `ledger_`, so that the ledger may share a database with other contexts or have its own.

A row of `transactions` is one version of one transaction: it stands from `sequence` until `ended_by` (exclusive). Its id
survives pending -> booked, and a listing as of a sequence stays the same after later bookings.
"""

from typing import Any

import sqlalchemy as sa

from kernel.outbox.tables import Outbox, lanes_table, sinks_table
from kernel.storage.database import Instant
from kernel.storage.journal import journal_table, outbox_table

PREFIX = "ledger_"

metadata = sa.MetaData()

journal = journal_table(metadata, PREFIX)
outbox = outbox_table(metadata, PREFIX)
OUTBOX = Outbox(outbox, lanes_table(metadata, PREFIX), sinks_table(metadata, PREFIX))


def _key(length: int = 64) -> sa.String:
    """Text that orders by code point on every database, as Python's own comparison does."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _unique_where_given(name: str, column: str) -> sa.Index:
    given = sa.text(f"{column} IS NOT NULL")
    return sa.Index(name, "brand", column, unique=True, sqlite_where=given, postgresql_where=given)


def _where_open(name: str, column: str) -> sa.Index:
    is_open = sa.text("state = 'open'")
    return sa.Index(name, "brand", column, sqlite_where=is_open, postgresql_where=is_open)


accounts = sa.Table(
    f"{PREFIX}accounts",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(), primary_key=True),
    sa.Column("internal", sa.Boolean, nullable=False),  # the bank's own account, which no customer sees
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("type", sa.String(16), nullable=True),  # null for the bank's own
    sa.Column("category", sa.String(16), nullable=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("status_changed_at", Instant, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("product", sa.String(140), nullable=False),
    sa.Column("product_id", _key(40), nullable=True),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("switched", sa.Boolean, nullable=True),  # null: the switch service does not know the account
    sa.Column("signatures", sa.Integer, nullable=False, server_default="1"),  # that a payment from it needs
    sa.Column("credit_line_minor", sa.BigInteger, nullable=True),
    sa.Column("servicer_bic", sa.String(11), nullable=True),
    sa.Column("identity", sa.LargeBinary, nullable=True),  # sealed: numbers, names, nickname
    # The database keeps these four (migrations/rules/): no statement of the application writes them.
    sa.Column("booked", sa.BigInteger, nullable=False, server_default="0"),  # the running balance of the last posting
    sa.Column("held", sa.BigInteger, nullable=False, server_default="0"),  # the sum of the open holds
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),  # of the last posting
    sa.Column(  # what neither a posting nor a hold may take booked - held below, unless it is forced; null: no floor
        "floor",
        sa.BigInteger,
        sa.Computed("CASE WHEN internal THEN -credit_line_minor ELSE -coalesce(credit_line_minor, 0) END"),
        nullable=True,
    ),
)

holders = sa.Table(
    f"{PREFIX}holders",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("customer_id", _key(), primary_key=True),
    sa.Column("account_id", _key(), primary_key=True),
    sa.Column("right", sa.String(16), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # the order in which the customer sees their accounts
)

sequences = sa.Table(
    f"{PREFIX}sequences",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Instant, nullable=True),  # of the newest record: no later one is given an earlier instant
)

entries = sa.Table(
    f"{PREFIX}entries",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("legs", sa.SmallInteger, nullable=False),
    sa.Column("value_date", sa.Date, nullable=False),  # for interest and statements: it never reorders the chain
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("cause", sa.String(128), nullable=False),  # a reference: of an order, a cycle, a statement's line
    sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),  # booked although the account cannot pay
    sa.Column("reverses", _key(), nullable=True),  # the entry of which this is the mirror
    sa.Column("rate", sa.String(32), nullable=True),  # of an exchange, a decimal
    sa.Column("rate_source", sa.String(64), nullable=True),
    sa.Column("quote_id", _key(), nullable=True),
    _unique_where_given(f"{PREFIX}entries_by_reversed", "reverses"),
    _unique_where_given(f"{PREFIX}entries_by_quote", "quote_id"),
)

postings = sa.Table(
    f"{PREFIX}postings",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("entry_id", _key(), primary_key=True),
    sa.Column("leg", sa.SmallInteger, primary_key=True, autoincrement=False),  # of the entry: 1, 2, 3 ...
    sa.Column("account_id", _key(), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),  # of the account: 1, 2, 3 ...
    sa.Column("sequence", sa.BigInteger, nullable=False),  # the brand's booking number
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("after_minor", sa.BigInteger, nullable=False),  # the account's balance after it
    sa.Index(f"{PREFIX}postings_by_account", "brand", "account_id", "version", unique=True),
    sqlite_with_rowid=False,  # small rows, read by their key alone
)

transactions = sa.Table(
    f"{PREFIX}transactions",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("ended_by", sa.BigInteger, nullable=True),
    sa.Column("id", _key(), nullable=False),
    sa.Column("account_id", _key(), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("booked_at", Instant, nullable=False),
    sa.Column("value_at", Instant, nullable=True),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("balance_after_minor", sa.BigInteger, nullable=True),
    sa.Column("code", sa.String(32), nullable=True),
    sa.Column("narrative", sa.LargeBinary, nullable=False),  # sealed: information, reference, merchant, counterparty
    # One version of a transaction stands at a time.
    sa.Index(
        f"{PREFIX}transactions_standing",
        "brand",
        "id",
        unique=True,
        sqlite_where=sa.text("ended_by IS NULL"),
        postgresql_where=sa.text("ended_by IS NULL"),
    ),
    # Pages run newest first: both databases read this index backwards.
    sa.Index(f"{PREFIX}transactions_by_booking", "brand", "account_id", "booked_at", "id"),
)

holds = sa.Table(
    f"{PREFIX}holds",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(), primary_key=True),  # the order's, or the pending transaction's
    sa.Column("account_id", _key(), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),  # positive: what may not be spent while the hold is open
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),  # placed without a check of funds
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=True),  # null: never, as long as the money may be gone
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("captured_minor", sa.BigInteger, nullable=True),
    sa.Column("entry_id", _key(), nullable=True),  # the entry that captured it
    _where_open(f"{PREFIX}holds_open", "account_id"),
    _where_open(f"{PREFIX}holds_expiring", "expires_at"),
)

# The numbers of customers' accounts, by which a payment names a payee of this bank.
numbers = sa.Table(
    f"{PREFIX}numbers",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("number", sa.String(64), primary_key=True),  # blinded: scheme and identification
    sa.Column("account_id", _key(), primary_key=True),
    sa.Index(f"{PREFIX}numbers_by_account", "brand", "account_id"),
)

# What the bank was asked to do for payment orders, by their ids: written before a rail is asked, and never forgotten before its order.
transfers = sa.Table(
    f"{PREFIX}transfers",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("order_id", _key(), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # transfers/transfers.py: TransferState
    sa.Column("reason", sa.String(4), nullable=True),  # of a refusal
    sa.Column("status", sa.String(4), nullable=True),  # the last word on a submitted one
    sa.Column("route", sa.String(32), nullable=True),  # of a submitted one: the name of its rail, or `book`
    sa.Column("payee_account", _key(), nullable=True),  # of a book transfer
    sa.Column("cycle", sa.String(64), nullable=True),  # of a paid one: the rail's name of the settlement that it is part of
    sa.Column("at", Instant, nullable=False),  # of the last change
    sa.Column("document", sa.LargeBinary, nullable=True),  # sealed: what was asked
    sa.Index(f"{PREFIX}transfers_by_age", "brand", "at"),
)

quotes = sa.Table(
    f"{PREFIX}quotes",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(), primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("order_id", _key(), nullable=True),  # of the one order that used it
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Index(f"{PREFIX}quotes_by_end", "brand", "expires_at"),
)

parties = sa.Table(
    f"{PREFIX}parties",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(40), primary_key=True),
    sa.Column("customer_id", _key(), nullable=True),  # null: no customer of its own, such as a company
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed: names, addresses, numbers
    sa.Index(f"{PREFIX}parties_by_customer", "brand", "customer_id", unique=True),
)

account_parties = sa.Table(
    f"{PREFIX}account_parties",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("account_id", _key(), primary_key=True),
    sa.Column("party_id", _key(40), primary_key=True),
    sa.Column("holding", sa.String(16), nullable=False),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # the principal holder is 0
)

products = sa.Table(
    f"{PREFIX}products",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("id", _key(40), primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),  # not sealed: everybody may read the bank's price list
)

offers = sa.Table(
    f"{PREFIX}offers",
    metadata,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("account_id", _key(), primary_key=True),
    sa.Column("id", _key(40), primary_key=True),
    sa.Column("starts_at", Instant, nullable=True),
    sa.Column("ends_at", Instant, nullable=True),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Index(f"{PREFIX}offers_by_id", "brand", "id", unique=True),
)


def _records(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Records of accounts, listed newest first. A document is the canonical record, sealed; the columns are what questions ask."""
    return sa.Table(
        f"{PREFIX}{name}",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("id", _key(40), primary_key=True),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        *columns,
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Index(f"{PREFIX}{name}_listed", "brand", "account_id", "created_at", "id"),
    )


beneficiaries = _records("beneficiaries")
direct_debits = _records("direct_debits")
standing_orders = _records("standing_orders")
scheduled_payments = _records("scheduled_payments", sa.Column("due_at", Instant, nullable=False))
statements = _records(
    "statements", sa.Column("starts_at", Instant, nullable=False), sa.Column("ends_at", Instant, nullable=False)
)
