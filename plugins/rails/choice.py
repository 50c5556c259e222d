"""The choice of a rail: one table, read from the top. The first row that fits a payment, and whose rail takes its amount, carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import ChargeBearer
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import CURRENCIES, Money
from kernel.banking.orders import CreditTransfer, Reason
from kernel.banking.payments import Instrument
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files import rules as files
from plugins.rails.international.rules import DOMESTIC, INTERNATIONAL
from plugins.rails.ports import Rail
from plugins.rails.sepa.credit_transfer import CURRENCY, SEPA_CREDIT_TRANSFER
from plugins.rails.sepa.instant import SEPA_INSTANT
from plugins.rails.sepa.reach import EURO_AREA, SEPA

BRITISH = frozenset({"GB"})
BY_NUMBER, BY_IBAN = frozenset({Scheme.SORT_CODE, Scheme.IBAN}), frozenset({Scheme.IBAN})

SHARING = frozenset({None, ChargeBearer.SHARED, ChargeBearer.SERVICE_LEVEL})  # each side pays its own bank: the rule of SEPA


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The payments that a rail carries. `countries` None: any. `instruments` and `bearers` hold None where a payment that names
    none fits."""

    rail: str
    currencies: frozenset[str]
    identifiers: frozenset[Scheme]
    countries: frozenset[str] | None = None
    instruments: frozenset[Instrument | None]
    bearers: frozenset[ChargeBearer | None]

    def fits(self, transfer: CreditTransfer) -> bool:
        payee, cross_border = transfer.creditor_account, transfer.cross_border
        return (
            sent_of(transfer).currency in self.currencies
            and payee.scheme in self.identifiers
            and (self.countries is None or country_of(payee) in self.countries)
            and transfer.instrument in self.instruments
            and (None if cross_border is None else cross_border.bearer) in self.bearers
        )


TABLE: tuple[Row, ...] = (
    Row(
        rail=FASTER_PAYMENTS.name,
        currencies=frozenset({DOMESTIC}),
        identifiers=BY_NUMBER,
        countries=BRITISH,
        instruments=frozenset({None, Instrument.FASTER_PAYMENTS}),
        bearers=frozenset({None}),
    ),
    Row(
        rail=files.NAME,
        currencies=frozenset({files.CURRENCY}),
        identifiers=BY_NUMBER,
        countries=BRITISH,
        instruments=frozenset({Instrument.BACS}),
        bearers=frozenset({None}),
    ),
    Row(
        rail=SEPA_INSTANT.name,
        currencies=frozenset({CURRENCY}),
        identifiers=BY_IBAN,
        countries=EURO_AREA,
        instruments=frozenset({None, Instrument.SEPA_INSTANT}),
        bearers=SHARING,
    ),
    Row(
        rail=SEPA_CREDIT_TRANSFER.name,
        currencies=frozenset({CURRENCY}),
        identifiers=BY_IBAN,
        countries=SEPA,
        instruments=frozenset({None, Instrument.SEPA_CREDIT_TRANSFER}),
        bearers=SHARING,
    ),
    Row(
        rail=INTERNATIONAL.name,
        currencies=CURRENCIES - {DOMESTIC},
        identifiers=BY_IBAN,
        instruments=frozenset({None, Instrument.SWIFT}),
        bearers=frozenset(ChargeBearer),
    ),
)


@dataclass(frozen=True, slots=True)
class Rails:
    """The rails that a bank takes part in, by their names. A row whose rail is not among them fits nothing."""

    by_name: Mapping[str, Rail]
    table: tuple[Row, ...] = TABLE

    @classmethod
    def of(cls, *rails: Rail) -> "Rails":
        return cls(MappingProxyType({rail.name: rail for rail in rails}))

    def choose(self, transfer: CreditTransfer) -> Rail | Reason:
        """The rail that carries a payment to another bank, or why none does."""
        rows = [row for row in self.table if row.rail in self.by_name]
        refused = None
        for row in rows:
            if row.fits(transfer):
                rail = self.by_name[row.rail]
                reason = rail.refuses(sent_of(transfer))
                if reason is None:
                    return rail
                refused = refused or reason
        if refused is not None:
            return refused
        is_carried = any(sent_of(transfer).currency in row.currencies for row in rows)
        return Reason.UNSUPPORTED if is_carried else Reason.CURRENCY_NOT_ALLOWED

    def chosen(self, transfer: CreditTransfer) -> Rail | None:
        """The rail that was chosen for a payment when it was reserved, by what is sealed with it; None for one that stays in this bank."""
        earlier = (
            FASTER_PAYMENTS.name if transfer.cross_border is None else INTERNATIONAL.name
        )  # before a choice was written down
        return self.by_name.get(transfer.rail or earlier)

    def carry(self, currency: str) -> bool:
        """True if a payment in that currency may find a rail."""
        return any(row.rail in self.by_name and currency in row.currencies for row in self.table)


def sent_of(transfer: CreditTransfer) -> Money:
    """The amount that the payee is paid."""
    cross_border: CrossBorder | None = transfer.cross_border
    quote = None if cross_border is None else cross_border.quote
    return transfer.amount if quote is None else quote.bought


def country_of(account: AccountIdentifier) -> str | None:
    """ISO 3166-1 alpha-2 of the bank that has an account; None for a number that does not say."""
    if account.scheme is Scheme.SORT_CODE:
        return "GB"
    return account.identification[:2] if account.scheme is Scheme.IBAN else None
