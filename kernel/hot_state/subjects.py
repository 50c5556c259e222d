"""The names under which the hot state keeps versions, limits and counters. All begin with the brand, so that no brand can see
another's.

A version subject names an aggregate whose every change makes a new version. A token's version is 0 until it alone is revoked.
"""

TOKEN_CURRENT = 0
TOKEN_REVOKED = 1


def client_subject(brand: str, client_id: str) -> str:
    return f"{brand}/client/{client_id}"


def family_subject(brand: str, family_id: str) -> str:
    return f"{brand}/family/{family_id}"


def consent_subject(brand: str, consent_id: str) -> str:
    return f"{brand}/consent/{consent_id}"


def keys_subject(brand: str) -> str:
    """The set of keys that sign the brand's tokens."""
    return f"{brand}/keys"


def token_subject(brand: str, jti: str) -> str:
    return f"{brand}/token/{jti}"


def rate_key(brand: str, caller: str) -> str:
    """The rate limit of one caller: a client, an organisation that calls by its certificate, or an address."""
    return f"{brand}/rate/{caller}"


def newcomers_key(brand: str, whose: str) -> str:
    """The count of organisations that called for the first time: of all (empty), or from one address."""
    return f"{brand}/newcomers/{whose}"


def funds_checks_key(brand: str, consent_id: str) -> str:
    """The count of checks of funds under one consent."""
    return f"{brand}/funds-checks/{consent_id}"


def proof_key(brand: str, digest: str) -> str:
    """The first use of one DPoP proof."""
    return f"{brand}/proof/{digest}"


def unattended_key(brand: str, consent_id: str, account_id: str, operation: str) -> str:
    """The count of accesses without the PSU to one account (empty: all of the consent's together) by one operation."""
    return f"{brand}/unattended/{consent_id}/{account_id}/{operation}"
