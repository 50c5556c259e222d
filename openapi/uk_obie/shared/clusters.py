"""The customer's text about the data to be shared. OBIE Customer Experience Guidelines, "Permissions and Data Clusters".

Headings and order follow the guidelines; where both Basic and Detail are asked for, only the sentence of Detail is shown.
"""

from collections.abc import Set as AbstractSet

from kernel.banking.consents import Permission

# (heading, rows); a row is (permission, sentence, the wider permission that says it too)
CLUSTERS: tuple[tuple[str, tuple[tuple[Permission, str, Permission | None], ...]], ...] = (
    (
        "Your account details",
        (
            (
                Permission.ACCOUNTS_BASIC,
                "The type and currency of your account and the name you gave it",
                Permission.ACCOUNTS_DETAIL,
            ),
            (Permission.ACCOUNTS_DETAIL, "Your name on the account, your account number and sort code", None),
            (Permission.BALANCES, "How much money is in your account", None),
            (Permission.PAN, "Your full card number", None),
        ),
    ),
    (
        "Your regular payments",
        (
            (Permission.BENEFICIARIES_BASIC, "The payees you have set up", Permission.BENEFICIARIES_DETAIL),
            (Permission.BENEFICIARIES_DETAIL, "The payees you have set up, with their account details", None),
            (Permission.DIRECT_DEBITS, "Your Direct Debits", None),
            (Permission.STANDING_ORDERS_BASIC, "Your standing orders", Permission.STANDING_ORDERS_DETAIL),
            (Permission.STANDING_ORDERS_DETAIL, "Your standing orders and whom they pay", None),
            (Permission.SCHEDULED_PAYMENTS_BASIC, "Your payments planned for later", Permission.SCHEDULED_PAYMENTS_DETAIL),
            (Permission.SCHEDULED_PAYMENTS_DETAIL, "Your payments planned for later and whom they pay", None),
        ),
    ),
    (
        "Your account transactions",
        (
            (Permission.TRANSACTIONS_BASIC, "Your transactions: dates and amounts", Permission.TRANSACTIONS_DETAIL),
            (
                Permission.TRANSACTIONS_DETAIL,
                "Your transactions in full, with what each was for and who was on the other side",
                None,
            ),
            (Permission.TRANSACTIONS_CREDITS, "Money that came in", None),
            (Permission.TRANSACTIONS_DEBITS, "Money that went out", None),
        ),
    ),
    (
        "Your statements",
        (
            (Permission.STATEMENTS_BASIC, "The list of your statements", Permission.STATEMENTS_DETAIL),
            (Permission.STATEMENTS_DETAIL, "Your statements, with the amounts in them and the files themselves", None),
        ),
    ),
    (
        "Your account features and benefits",
        (
            (Permission.PRODUCTS, "Your product: its fees, interest and benefits", None),
            (Permission.OFFERS, "Offers made to you on this account", None),
        ),
    ),
    (
        "Contact and party details",
        (
            (Permission.PARTY, "The account holders’ names, addresses, telephone numbers and email addresses", None),
            (Permission.PARTY_PSU, "Your own name, address, telephone numbers and email addresses", None),
        ),
    ),
)


def clusters_of(permissions: AbstractSet[Permission]) -> list[tuple[str, list[str]]]:
    """Heading and sentences, in order; a heading without a sentence is left out."""
    clusters = [
        (heading, [text for permission, text, wider in rows if permission in permissions and wider not in permissions])
        for heading, rows in CLUSTERS
    ]
    return [(heading, sentences) for heading, sentences in clusters if sentences]
