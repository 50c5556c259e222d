"""The tables of consents, their history, their authorisations, and the journeys of PSUs towards them.

Columns that hold account numbers, names or terms are sealed; secrets are stored hashed; look-ups over sealed values go by a
keyed digest ("blind"). What passes (journeys, attempts, closures) has a time limit and is swept
(consent/store/sweeper.py); consents, their versions and the authorisations in which a
PSU was known are kept.
"""

import sqlalchemy as sa

from consent.store.tables import metadata
from kernel.storage.database import Instant

BRAND = 64  # characters
ID = 128
WORD = 64

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(WORD), nullable=False),
    sa.Column("state", sa.String(WORD), nullable=False),
    sa.Column("client_id", sa.String(ID), nullable=False),
    sa.Column("organisation_id", sa.String(ID), nullable=False),
    sa.Column("lodged_as", sa.String(WORD), nullable=False),
    sa.Column("psu_id", sa.String(ID), nullable=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("state_changed_at", Instant, nullable=False),
    sa.Column("valid_until", Instant, nullable=True),
    sa.Index("consents_by_client", "brand", "client_id", "state", "created_at"),
    sa.Index("consents_by_lodging", "brand", "client_id", "created_at"),
    sa.Index("consents_by_organisation", "brand", "organisation_id", "created_at"),
    sa.Index("consents_by_psu", "brand", "psu_id", "created_at"),
    sa.Index("consents_by_validity", "brand", "state", "valid_until"),
    sa.Index("consents_by_age", "brand", "state", "created_at"),
)

consent_versions = sa.Table(
    "consent_versions",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("event", sa.String(WORD), nullable=False),  # what made this version
    sa.Column("at", Instant, nullable=False),
    sa.Column("snapshot", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("document_version", sa.Integer, nullable=True),  # the version whose snapshot holds the document; null: this one
)

# Which live consents cover an account.
consent_accounts = sa.Table(
    "consent_accounts",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("account_id", sa.String(ID), primary_key=True),  # as the consent's organisation knows it
    sa.Column("consent_id", sa.String(ID), primary_key=True),
    sa.Index("consent_accounts_by_consent", "brand", "consent_id"),
)

# Who must sign a consent that several must sign: from the first signature on, as long as the consent is kept.
consent_signers = sa.Table(
    "consent_signers",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("customer_blind", sa.String(WORD), primary_key=True),
    sa.Column("consent_id", sa.String(ID), primary_key=True),
    sa.Column("signed_at", Instant, nullable=True),
    sa.Index("consent_signers_by_consent", "brand", "consent_id"),
)

# When data was last returned under a consent: as long as its consent is kept.
consent_last_used = sa.Table(
    "consent_last_used",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("consent_id", sa.String(ID), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("unattended_at", Instant, nullable=True),  # without the PSU
)

# Checks of funds that were answered under a consent, for its customer to read.
funds_checks = sa.Table(
    "funds_checks",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("consent_id", sa.String(ID), nullable=False),
    sa.Column("client_id", sa.String(ID), nullable=False),  # of who asked
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("details", sa.LargeBinary, nullable=False),  # sealed: amount, answer, reference
    sa.Column("at", Instant, nullable=False),  # business time
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("funds_checks_by_consent", "brand", "consent_id", "at", "id"),
    sa.Index("funds_checks_by_expiry", "brand", "expires_at"),
)

authorisations = sa.Table(
    "authorisations",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("subject_kind", sa.String(WORD), nullable=False, server_default="consent"),
    sa.Column("subject_id", sa.String(ID), nullable=False),  # of the consent, order, cancellation, basket or visit
    sa.Column("psu_id", sa.String(ID), nullable=True),  # null: not known yet
    sa.Column("approach", sa.String(WORD), nullable=False),
    sa.Column("method", sa.String(WORD), nullable=True),  # of the strong customer authentication
    sa.Column("status", sa.String(WORD), nullable=False),
    sa.Column("format", sa.SmallInteger, nullable=False),
    sa.Column("challenge", sa.LargeBinary, nullable=True),  # sealed: what is under way
    sa.Column("password_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("code_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent", sa.Integer, nullable=False, server_default="0"),  # codes and requests to a device
    sa.Column("shown", sa.LargeBinary, nullable=True),  # sealed: what the PSU read
    sa.Column("evidence", sa.LargeBinary, nullable=True),  # sealed: what proves who approved
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("expires_at", Instant, nullable=True),  # null: it is kept
    sa.Index("authorisations_by_expiry", "brand", "expires_at"),
    sa.Index("authorisations_by_subject", "brand", "subject_kind", "subject_id", "started_at"),
    sa.Index("authorisations_by_status", "brand", "status", "started_at"),
)

account_references = sa.Table(
    "account_references",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("organisation_id", sa.String(ID), primary_key=True),
    sa.Column("upstream_blind", sa.String(WORD), primary_key=True),
    sa.Column("account_id", sa.String(ID), nullable=False),
    sa.Column("upstream_id", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("brand", "account_id", name="account_references_by_account"),
    sa.Index("account_references_by_upstream", "brand", "upstream_blind"),
)

# Which of the bank's accounts were closed a moment ago (consent/store/rows/closures.py).
closed_accounts = sa.Table(
    "closed_accounts",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("upstream_blind", sa.String(WORD), primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("closed_accounts_by_expiry", "brand", "expires_at"),
)

journeys = sa.Table(
    "journeys",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("secret_hash", sa.String(WORD), nullable=False),
    sa.Column("login_hash", sa.String(WORD), nullable=True),  # of the secret that the login page was served under
    sa.Column("purpose", sa.String(WORD), nullable=False, server_default="consent"),
    sa.Column("pushed_id", sa.String(ID), nullable=True),  # this and the next two: null when no TPP asks
    sa.Column("client_id", sa.String(ID), nullable=True),
    sa.Column("consent_id", sa.String(ID), nullable=True),
    sa.Column("stage", sa.String(WORD), nullable=False),
    sa.Column("notice", sa.String(WORD), nullable=False),  # what the next page shows the PSU first
    sa.Column("psu_id", sa.String(ID), nullable=True),
    sa.Column("authorisation_id", sa.String(ID), nullable=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.UniqueConstraint("brand", "secret_hash", name="journeys_by_secret"),
    sa.Index("journeys_by_login", "brand", "login_hash"),
    sa.Index("journeys_by_expiry", "brand", "expires_at"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("brand", sa.String(BRAND), primary_key=True),
    sa.Column("subject", sa.String(ID), primary_key=True),  # "password/<blind>", "code/<blind>", "peer/<blind>"
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("blocked_until", Instant, nullable=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("attempts_by_expiry", "brand", "expires_at"),
)
