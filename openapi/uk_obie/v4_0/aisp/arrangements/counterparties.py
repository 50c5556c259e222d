"""The other side of money: its account and its bank. OBIE R/W 4.0, CreditorAccount, CreditorAgent and their debtor twins."""

from collections.abc import Set as AbstractSet

from msgspec import UNSET, UnsetType

from kernel.banking.accounts import Counterparty
from kernel.banking.consents import Permission
from openapi.uk_obie.v4_0.aisp.accounts import encode_identifier
from openapi.uk_obie.v4_0.aisp.codes.accounts import BIC_SCHEME
from openapi.uk_obie.v4_0.aisp.wire.accounts import OBCashAccount6, OBServicer
from openapi.uk_obie.v4_0.envelope import fitted


def encode_account(counterparty: Counterparty, granted: AbstractSet[Permission]) -> OBCashAccount6:
    """The account, with the name that the bank knows best; a name alone if that is all it knows."""
    if counterparty.identifier is None:
        return OBCashAccount6(name=fitted(counterparty.name, 350))
    wire = encode_identifier(counterparty.identifier, granted)
    if wire.name is UNSET:
        wire.name = fitted(counterparty.name, 350)
    return wire


def encode_agent(counterparty: Counterparty) -> OBServicer | UnsetType:
    return OBServicer(BIC_SCHEME, counterparty.agent_bic) if counterparty.agent_bic else UNSET
