"""Parts of an initiation in canonical words: amounts, accounts, agents, texts. OBIE R/W 4.0, Domestic Payment Consents.

Each takes the path of its member, which a refusal names.
"""

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
from typing import Protocol

from msgspec import UNSET, UnsetType

from kernel.banking.account_numbers import is_bic, is_sort_code_number
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.iban import is_iban
from kernel.banking.money import Money
from kernel.banking.payments import Instrument
from kernel.banking.visible_text import is_name, is_visible
from kernel.errors import (
    AccountNumberInvalid,
    CurrencyUnsupported,
    FieldExpected,
    FieldInvalid,
    InstrumentUnsupported,
    SchemeUnsupported,
    SecondaryNumberUnsupported,
)
from openapi.uk_obie.shared.dates import parse_date_time
from openapi.uk_obie.v4_0.pisp.codes.schemes import BIC_SCHEME, CURRENCIES, INSTRUMENTS, SCHEMES
from openapi.uk_obie.v4_0.pisp.wire.parties import CreditorAgent, OBProxy1
from openapi.uk_obie.v4_0.pisp.wire.parts import InstructedAmount
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRemittanceInformation2
from openapi.uk_obie.v4_0.wire import OBActiveOrHistoricCurrencyAndAmount

PATH = "Data.Initiation"  # of the initiation, in a consent and in an order
DAY = f"{PATH}.RequestedExecutionDateTime"  # of a payment for a later day
UNSTRUCTURED_MAX = 1  # lines of text for the payee that a rail carries
SECONDARY_CHARACTERS_MAX = 18  # the roll number of a building society
_IS_NUMBER: dict[Scheme, Callable[[str], bool]] = {Scheme.SORT_CODE: is_sort_code_number, Scheme.IBAN: is_iban}


def parse_amount(
    asked: InstructedAmount | OBActiveOrHistoricCurrencyAndAmount, path: str, currencies: frozenset[str] = CURRENCIES
) -> Money:
    """More than nothing, in one of the currencies. Raises CurrencyUnsupported or FieldInvalid."""
    if asked.currency not in currencies:
        raise CurrencyUnsupported(path=f"{path}.Currency")
    try:
        amount = Money.parse(asked.amount, asked.currency)
    except ValueError as error:
        raise FieldInvalid(str(error), public="The amount does not fit its currency.", path=f"{path}.Amount") from None
    if amount.minor <= 0:
        raise FieldInvalid("an amount of nothing", public="The amount must be more than nothing.", path=f"{path}.Amount")
    return amount


class NamedAccount(Protocol):
    """An account that a caller names."""

    scheme_name: str
    identification: str
    secondary_identification: str | UnsetType
    proxy: OBProxy1 | UnsetType


def parse_account(account: NamedAccount, path: str) -> AccountIdentifier:
    """Raises SchemeUnsupported, AccountNumberInvalid or SecondaryNumberUnsupported, with the path of the member."""
    scheme = SCHEMES.get(account.scheme_name)
    if scheme is None:
        raise SchemeUnsupported(path=f"{path}.SchemeName")
    if account.proxy is not UNSET:
        raise SchemeUnsupported(public="Proxies are not offered: name the account itself.", path=f"{path}.Proxy")
    if not _IS_NUMBER[scheme](account.identification):
        raise AccountNumberInvalid(path=f"{path}.Identification")
    secondary = account.secondary_identification
    if secondary is UNSET:
        return AccountIdentifier(scheme, account.identification)
    if scheme is not Scheme.SORT_CODE or len(secondary) > SECONDARY_CHARACTERS_MAX or not is_visible(secondary):
        raise SecondaryNumberUnsupported(path=f"{path}.SecondaryIdentification")
    return AccountIdentifier(scheme, account.identification, secondary=secondary)


def parse_debtor(account: NamedAccount | UnsetType, path: str) -> AccountIdentifier | None:
    """None where the payer chooses one. Raises what `parse_account` raises."""
    return None if account is UNSET else parse_account(account, path)


def parse_bic(agent: CreditorAgent | UnsetType, path: str) -> str | None:
    """None where none is named. Raises FieldExpected, SchemeUnsupported or AccountNumberInvalid."""
    if agent is UNSET or agent.identification is UNSET:
        return None
    if agent.scheme_name is UNSET:
        raise FieldExpected("an identification without its scheme", path=f"{path}.SchemeName")
    if agent.scheme_name != BIC_SCHEME:
        raise SchemeUnsupported(path=f"{path}.SchemeName")
    if not is_bic(agent.identification):
        raise AccountNumberInvalid("not a BIC", path=f"{path}.Identification")
    return agent.identification


def parse_remittance(remittance: OBRemittanceInformation2 | UnsetType, path: str) -> tuple[str | None, str | None]:
    """The text for the payee, and the payee's own reference. Raises FieldInvalid."""
    if remittance is UNSET:
        return None, None
    lines = [] if remittance.unstructured is UNSET else remittance.unstructured
    if len(lines) > UNSTRUCTURED_MAX:
        raise FieldInvalid(f"{len(lines)} lines", public="One line of text is offered.", path=f"{path}.Unstructured")
    text = parse_text(lines[0], f"{path}.Unstructured[0]") if lines else None
    references = [] if remittance.structured is UNSET else [one.creditor_reference_information for one in remittance.structured]
    if len(references) > 1:
        raise FieldInvalid(
            f"{len(references)} references", public="One structured reference is offered.", path=f"{path}.Structured"
        )
    found = references[0].reference if references and references[0] is not UNSET else UNSET
    if found is UNSET:
        return text, None
    return text, parse_text(found, f"{path}.Structured[0].CreditorReferenceInformation.Reference")


def parse_name(name: str, path: str) -> str:
    """The name of a payee. Raises FieldInvalid."""
    if not is_name(name) or name != name.strip():
        raise FieldInvalid("a name that hides something, or blanks around it", path=path)
    return name


def check_instrument(instrument: str | UnsetType, path: str, instruments: frozenset[str] = INSTRUMENTS) -> None:
    """Raises InstrumentUnsupported."""
    if instrument is not UNSET and instrument not in instruments:
        raise InstrumentUnsupported(path=path)


def parse_day(said: str, zone: tzinfo, path: str) -> date:
    """The day of an instant in the bank's `zone`. Raises FieldDateInvalid."""
    return parse_date_time(said, path).astimezone(zone).date()


def parse_instrument(instrument: str | UnsetType, path: str, instruments: Mapping[str, Instrument]) -> Instrument | None:
    """None: the bank chooses. Raises InstrumentUnsupported."""
    if instrument is UNSET:
        return None
    if instrument not in instruments:
        raise InstrumentUnsupported(path=path)
    return instruments[instrument]


def parse_text(text: str, path: str) -> str:
    """Raises FieldInvalid."""
    if not is_visible(text) or text != text.strip():
        raise FieldInvalid("characters that do not show, or blanks around the text", path=path)
    return text
