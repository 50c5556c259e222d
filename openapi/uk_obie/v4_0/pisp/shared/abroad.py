"""The parts of a payment abroad that every product of one has, in canonical words: the payment, its payee, rate and charges. OBIE R/W 4.0,
International Payment Consents.

Payments are made from accounts in HOME. CurrencyOfTransfer is what the payee is paid in; InstructedAmount is in it, or in HOME.
"""

from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from kernel.banking.abroad.cross_border import CrossBorder, Priority
from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, RateType, is_rate
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import CURRENCIES
from kernel.banking.payments import PaymentTerms
from kernel.errors import CurrencyUnsupported, FieldExpected, FieldInvalid, FieldUnexpected, SchemeUnsupported
from openapi.uk_obie.v4_0.pisp.codes.international import CHARGE_BEARERS, HOME, RATE_TYPES
from openapi.uk_obie.v4_0.pisp.shared.initiation import (
    PATH,
    parse_account,
    parse_amount,
    parse_bic,
    parse_debtor,
    parse_name,
    parse_remittance,
    parse_text,
)
from openapi.uk_obie.v4_0.pisp.wire.international import ChargeBearer as WireChargeBearer
from openapi.uk_obie.v4_0.pisp.wire.international import Creditor, ExchangeRateInformation
from openapi.uk_obie.v4_0.pisp.wire.parties import CreditorAccount, CreditorAgent, DebtorAccount, OBPostalAddress7
from openapi.uk_obie.v4_0.pisp.wire.parts import InstructedAmount
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRemittanceInformation2

RATE = f"{PATH}.ExchangeRateInformation"
RATE_OF_ORDER = AskedRate(type=RateType.ACTUAL, unit_currency=HOME)  # where none is asked for a payment that is made at once
RATE_OF_DAY = AskedRate(type=RateType.INDICATIVE, unit_currency=HOME)  # likewise, on a later day


class Abroad(Protocol):
    """The members that the initiation of every product has."""

    extended_purpose: str | UnsetType
    charge_bearer: WireChargeBearer | UnsetType
    currency_of_transfer: str
    destination_country_code: str | UnsetType
    instructed_amount: InstructedAmount
    debtor_account: DebtorAccount | UnsetType
    creditor: Creditor | UnsetType
    creditor_agent: CreditorAgent | UnsetType
    creditor_account: CreditorAccount
    remittance_information: OBRemittanceInformation2 | UnsetType


def parse_payment(initiation: Abroad, **more: Any) -> PaymentTerms:
    """The payment, with `more` terms. Raises the Field problems, CurrencyUnsupported, SchemeUnsupported, AccountNumberInvalid and
    SecondaryNumberUnsupported, with the path of the member."""
    currency = _parse_currency(initiation.currency_of_transfer, f"{PATH}.CurrencyOfTransfer")
    creditor = initiation.creditor_account
    account = _parse_creditor_account(creditor)
    remittance, reference = parse_remittance(initiation.remittance_information, f"{PATH}.RemittanceInformation")
    return PaymentTerms(
        amount=parse_amount(initiation.instructed_amount, f"{PATH}.InstructedAmount", frozenset({currency, HOME})),
        creditor_name=parse_name(creditor.name, f"{PATH}.CreditorAccount.Name"),
        creditor_account=account,
        creditor_bic=parse_bic(initiation.creditor_agent, f"{PATH}.CreditorAgent"),
        debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
        remittance=remittance,
        reference=reference,
        **more,
    )


def parse_cross_border(
    initiation: Abroad, rate: AskedRate, priority: Literal["Normal", "Urgent"] | UnsetType = UNSET
) -> CrossBorder:
    """The part that a domestic payment does not have, of an initiation whose payment was parsed. Raises the Field problems."""
    purpose, creditor, agent = initiation.extended_purpose, initiation.creditor, initiation.creditor_agent
    country = initiation.creditor_account.identification[:2]
    if creditor is not UNSET and creditor.name not in (UNSET, initiation.creditor_account.name):
        raise FieldInvalid(
            "two payees", public="The payee has another name than the holder of the account.", path=f"{PATH}.Creditor.Name"
        )
    _check_country(initiation.destination_country_code, country, f"{PATH}.DestinationCountryCode")
    return CrossBorder(
        currency=initiation.currency_of_transfer,
        rate=rate,
        bearer=ChargeBearer.SHARED if initiation.charge_bearer is UNSET else CHARGE_BEARERS[initiation.charge_bearer],
        priority=Priority.URGENT if priority == "Urgent" else Priority.NORMAL,
        purpose=None if purpose is UNSET else parse_text(purpose, f"{PATH}.ExtendedPurpose"),
        country=country,
        creditor_address=_parse_address(
            UNSET if creditor is UNSET else creditor.postal_address, f"{PATH}.Creditor.PostalAddress"
        ),
        agent_name=_parse_agent_name(agent, f"{PATH}.CreditorAgent.Name"),
        agent_address=_parse_address(UNSET if agent is UNSET else agent.postal_address, f"{PATH}.CreditorAgent.PostalAddress"),
    )


def _parse_currency(code: str, path: str) -> str:
    """Raises CurrencyUnsupported."""
    if code not in CURRENCIES or code == HOME:
        raise CurrencyUnsupported("the account's own, or none of ISO 4217", path=path)
    return code


def _parse_creditor_account(account: CreditorAccount) -> AccountIdentifier:
    """An IBAN: it says which bank and country. Raises SchemeUnsupported and what `parse_account` raises."""
    parsed = parse_account(account, f"{PATH}.CreditorAccount")
    if parsed.scheme is not Scheme.IBAN:
        raise SchemeUnsupported(path=f"{PATH}.CreditorAccount.SchemeName")
    return parsed


def _check_country(said: str | UnsetType, country: str, path: str) -> None:
    """Raises FieldInvalid where the account is in another country than is said."""
    if said is not UNSET and said != country:
        raise FieldInvalid(f"{said} for an account in another country", public="The account is in another country.", path=path)


def parse_rate(asked: ExchangeRateInformation | UnsetType, currency: str, body: bytes, otherwise: AskedRate) -> AskedRate:
    """A rate and a contract belong to an agreed rate, and to no other. `body` is the request that it came in, `otherwise` the rate where none
    is asked for. Raises CurrencyUnsupported, FieldInvalid, FieldExpected or FieldUnexpected."""
    if asked is UNSET:
        return otherwise
    if asked.unit_currency not in (currency, HOME):
        raise CurrencyUnsupported("not one of the exchange", path=f"{RATE}.UnitCurrency")
    kind, contract = RATE_TYPES[asked.rate_type], asked.contract_identification
    for name, value in (("ExchangeRate", asked.exchange_rate), ("ContractIdentification", contract)):
        if kind is RateType.AGREED and value is UNSET:
            raise FieldExpected(f"an agreed rate without its {name}", path=f"{RATE}.{name}")
        if kind is not RateType.AGREED and value is not UNSET:
            raise FieldUnexpected(f"an {kind} rate with a {name}", path=f"{RATE}.{name}")
    return AskedRate(
        type=kind,
        unit_currency=asked.unit_currency,
        rate=None if asked.exchange_rate is UNSET else _read_rate(body),
        contract_id=None if contract is UNSET else parse_text(contract, f"{RATE}.ContractIdentification"),
    )


class _Rate(msgspec.Struct, rename="pascal"):
    exchange_rate: Decimal


class _Initiation(msgspec.Struct, rename="pascal"):
    exchange_rate_information: _Rate


class _Data(msgspec.Struct, rename="pascal"):
    initiation: _Initiation


class _Exact(msgspec.Struct, rename="pascal"):
    data: _Data


def _read_rate(body: bytes) -> Decimal:
    """The digits of the rate as they were sent. Raises FieldInvalid."""
    rate = msgspec.json.decode(body, type=_Exact).data.initiation.exchange_rate_information.exchange_rate
    if not is_rate(rate):
        raise FieldInvalid("not above zero, or with too many digits", path=f"{RATE}.ExchangeRate")
    return rate


def _parse_agent_name(agent: CreditorAgent | UnsetType, path: str) -> str | None:
    return None if agent is UNSET or agent.name is UNSET else parse_name(agent.name, path)


def _parse_address(address: OBPostalAddress7 | UnsetType, path: str) -> tuple[str, ...]:
    """The lines of an address, as a rail carries them."""
    if address is UNSET:
        return ()
    said = {
        name: value for name, value in msgspec.structs.asdict(address).items() if value is not UNSET and name != "address_type"
    }
    lines = [*said.pop("address_line", []), *said.values()]
    return tuple(parse_text(line, path) for line in lines)
