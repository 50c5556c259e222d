"""The tables of payment orders: instructions and their executions, what became of each, what was sent and received for it, who must sign.

Journal, outbox, named locks and idempotency keys are those of the consent context: an order and the use of its consent are one
transaction. Columns that hold names, account numbers or customers are sealed.
"""

import sqlalchemy as sa

from kernel.storage.database import Instant

BRAND = sa.String(64)
ID = sa.String(128)
WORD = sa.String(64)

metadata = sa.MetaData()

# What was lodged. It owns executions, each of which is one order: a single payment is one of one, and has no state of its own here. One of
# several is a machine of its own (orders/instructions/).
instructions = sa.Table(
    "instructions",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", WORD, nullable=False),
    sa.Column("executions", sa.Integer, nullable=False),
    sa.Column("consent_id", ID, nullable=False),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("organisation_id", ID, nullable=False),
    sa.Column("lodged_as", WORD, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=True),  # null, as all that follow: of a single payment
    sa.Column("state", WORD, nullable=True),
    sa.Column("reason", sa.String(4), nullable=True),
    sa.Column("psu_id", ID, nullable=True),
    sa.Column("made", sa.Integer, nullable=True),  # executions that there are; their numbers are 1 to this
    sa.Column("details", sa.LargeBinary, nullable=True),  # sealed: terms, payer, and what is never changed
    sa.Column("signing", sa.LargeBinary, nullable=True),  # sealed: who has signed
    sa.Column("updated_at", Instant, nullable=True),
    sa.Column(
        "turns_at", Instant, nullable=True
    ),  # business time: when its next execution falls due, or its signatures must be there
    sa.Column("since", Instant, nullable=True),  # protocol time: when its state began
    sa.Index("instructions_by_turn", "brand", "turns_at"),
    sa.Index("instructions_by_state", "brand", "state", "since"),
    sa.Index("instructions_by_consent", "brand", "consent_id"),
)

# Append-only: every version of an instruction of several executions, and what made it.
instruction_events = sa.Table(
    "instruction_events",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("instruction_id", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("event", WORD, nullable=False),
    sa.Column("from_state", WORD, nullable=True),  # null: of the first
    sa.Column("to_state", WORD, nullable=False),
    sa.Column("execution", sa.Integer, nullable=True),  # that the event made
    sa.Column("reason", sa.String(4), nullable=True),
    sa.Column("at", Instant, nullable=False),  # protocol time
    sa.Column("cause", sa.String(160), nullable=False),
)

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("rail_status", sa.String(4), nullable=False),
    sa.Column("reason", sa.String(4), nullable=True),
    sa.Column("rail", WORD, nullable=True),  # null or empty: not chosen yet, or not known here
    sa.Column("instruction_id", ID, nullable=False),
    sa.Column("execution", sa.Integer, nullable=False),
    sa.Column("kind", WORD, nullable=False),  # of its consent
    sa.Column("consent_id", ID, nullable=False),
    sa.Column("single_use_of", ID, nullable=True),  # the consent that it uses up; null: of a consent to more than one payment
    sa.Column("amount_minor", sa.BigInteger, nullable=True),  # null: of an order that was placed before it was written
    sa.Column("currency", sa.String(3), nullable=True),
    sa.Column("client_id", ID, nullable=False),
    sa.Column("organisation_id", ID, nullable=False),
    sa.Column("psu_id", ID, nullable=True),
    sa.Column("lodged_as", WORD, nullable=False),
    sa.Column("uetr", WORD, nullable=False),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("details", sa.LargeBinary, nullable=False),  # sealed: terms, payer, refund account, and what is never changed
    sa.Column("signing", sa.LargeBinary, nullable=True),  # sealed: who must sign, and who has; null: its PSU alone
    sa.Column("quote", sa.LargeBinary, nullable=True),  # sealed: the rate that was fixed after it was placed; null: none was
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("execute_at", Instant, nullable=True),
    sa.Column("settles_at", Instant, nullable=True),
    sa.Column("settled_at", Instant, nullable=True),  # written once
    sa.Column("turns_at", Instant, nullable=True),  # business time: when what only waits falls due, or lapses
    sa.Column("due_at", Instant, nullable=True),  # protocol time: when a worker may take it; null: there is nothing to do
    sa.Column("since", Instant, nullable=False),  # protocol time: when its state began
    sa.Column("fence", sa.Integer, nullable=False),  # raised with each taking
    sa.Column("tries", sa.Integer, nullable=False),  # questions without news since its state began
    sa.Column("submissions", sa.Integer, nullable=False),
    sa.UniqueConstraint("brand", "instruction_id", "execution", name="orders_by_execution"),
    sa.UniqueConstraint("brand", "uetr", name="orders_by_uetr"),
    sa.Index("orders_by_due", "brand", "due_at"),
    sa.Index("orders_by_turn", "brand", "turns_at"),
    sa.Index("orders_by_state", "brand", "state", "since"),
    sa.Index("orders_by_consent", "brand", "consent_id", "created_at"),
    # One payment for a consent that is given once, though its state were rolled back.
    sa.Index("orders_by_single_use", "brand", "single_use_of", unique=True),
    sa.Index("orders_by_psu", "brand", "psu_id", "created_at"),
)

# Append-only: every version of an order, and what made it.
order_events = sa.Table(
    "order_events",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("event", WORD, nullable=False),
    sa.Column("from_state", WORD, nullable=True),  # null: of the first
    sa.Column("to_state", WORD, nullable=False),
    sa.Column("rail_status", sa.String(4), nullable=False),
    sa.Column("reason", sa.String(4), nullable=True),
    sa.Column("at", Instant, nullable=False),  # protocol time
    sa.Column("cause", sa.String(160), nullable=False),  # as the journal names an actor
    sa.Column("reported_at", Instant, nullable=True),  # by the upstream's clock; null: an act of our own
    sa.Column("evidence", sa.LargeBinary, nullable=True),  # sealed
)

# Append-only but for their end: what was sent, written before it was.
order_attempts = sa.Table(
    "order_attempts",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("uetr", WORD, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of what was sent
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("arrives_until", Instant, nullable=False),  # afterwards it cannot arrive any more
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("outcome", WORD, nullable=True),
)

# Who must sign an order that several must sign.
order_signers = sa.Table(
    "order_signers",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("customer_blind", WORD, primary_key=True),
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("signed_at", Instant, nullable=True),
    sa.Index("order_signers_by_order", "brand", "order_id"),
)

# Payments that are still to be made, by the account that pays; of an ended one nothing is left.
planned_payments = sa.Table(
    "planned_payments",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("account_blind", WORD, primary_key=True),
    sa.Column("id", ID, primary_key=True),  # of an order, or of an instruction of several executions
    sa.Index("planned_payments_by_id", "brand", "id"),
)

# Messages that others sent of their own accord, each once.
inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("source", WORD, primary_key=True),
    sa.Column("message_id", ID, primary_key=True),
    sa.Column("order_id", ID, nullable=True),  # null: it matches none
    sa.Column("effect", WORD, nullable=False),  # the event that it made, "none" or "unmatched"
    sa.Column("message", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("inbox_by_expiry", "brand", "expires_at"),
    sa.Index("inbox_by_order", "brand", "order_id"),
    sa.Index("inbox_by_effect", "brand", "effect", "received_at"),
)
