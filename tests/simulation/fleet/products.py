"""The products of the mix: the consent to each order, by its number, and the way in which it is placed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from kernel.banking.abroad.cross_border import CrossBorder, InternationalTerms, quote_request
from kernel.banking.abroad.exchange import AskedRate, Quote, RateType
from kernel.banking.abroad.planned import InternationalScheduledTerms, InternationalStandingOrderTerms
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.payments import Instrument, PaymentTerms
from kernel.banking.planned.files import FilePayment, FileTerms, FileType, content_of, days_of
from kernel.banking.planned.instructions import INSTRUCTED_KINDS, InstructionRequest
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.banking.terms import (
    Alignment,
    Period,
    PeriodicLimit,
    VrpAuthentication,
    VrpTerms,
    VrpType,
    VrpUse,
)
from kernel.errors import UpstreamFailed
from orders.services import PaymentOrders, agree
from tests.simulation.money_crashes import OTHERS, consent_to
from tests.world.brands import BRAND, START
from tests.world.orders import ACME, LODGED_AS, authorised, request_of, use_of

PAYMENT, SCHEDULED, STANDING_ORDER = ConsentKind.PAYMENT, ConsentKind.SCHEDULED, ConsentKind.STANDING_ORDER
ABROAD, ABROAD_AGAIN, VRP = ConsentKind.INTERNATIONAL, ConsentKind.INTERNATIONAL_STANDING_ORDER, ConsentKind.VRP
FILE, ABROAD_LATER = ConsentKind.FILE, ConsentKind.INTERNATIONAL_SCHEDULED
MIX = (  # one order after the other
    *(PAYMENT, VRP, STANDING_ORDER, PAYMENT, ABROAD, PAYMENT, VRP, FILE, SCHEDULED, PAYMENT),
    *(VRP, PAYMENT, PAYMENT, ABROAD_AGAIN, PAYMENT, VRP, ABROAD, PAYMENT, ABROAD_LATER, PAYMENT),
)
IN_FILES = (3, 9, 14)  # places of the mix whose payment to another bank is sent with a batch
CROSSING = (ABROAD, ABROAD_LATER, ABROAD_AGAIN)
EXECUTIONS = {
    STANDING_ORDER: 2,
    ABROAD_AGAIN: 2,
    FILE: 3,
}  # of one instruction: day after day, and of a file the last one on a later day
FILE_HASH = "hash"
VRP_NUMBERS = 2 * len(MIX)  # whose recurring payments have one consent
VRP_FITTING = 4  # payments of ten under one consent, which its limit has room for
DESTINATIONS = (
    ("EUR", AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")),  # by SCT Inst
    ("USD", AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")),  # by way of a bank in between
    ("EUR", AccountIdentifier(Scheme.IBAN, "PL61109010140000071219812874")),  # by SEPA credit transfer: beyond the euro area
    ("EUR", AccountIdentifier(Scheme.IBAN, "TR330006100519786457841326")),  # beyond SEPA, by way of a bank in between
    ("JPY", AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")),
)


def kind_of(number: int) -> ConsentKind:
    return MIX[number % len(MIX)]


def amount_of(number: int, execution: int = 1) -> Money:
    """The amount that an order asks for, in the currency that the payee is paid in."""
    kind = kind_of(number)
    currency = _destination(number)[0] if kind in CROSSING else "GBP"
    return Money(currency, 1_000 + number + execution - 1)


@dataclass(frozen=True)
class Products:
    """`days` is the number of days on which what is planned falls due."""

    seed: int
    days: int

    def consent_of(self, number: int) -> Consent:
        kind, first = kind_of(number), number
        if kind is VRP:
            first = number // VRP_NUMBERS * VRP_NUMBERS
        facts = consent_to(self.seed, first)
        terms, name = facts["terms"], f"consent-{number}"
        if kind is VRP:
            return authorised(f"vrp-{first}", kind=kind, terms=self._recurring(terms, first), access=facts["access"])
        if kind in CROSSING:
            terms = replace(terms, amount=amount_of(number), creditor_account=_destination(number)[1])
        if number % len(MIX) in IN_FILES and terms.creditor_account in OTHERS:
            terms = replace(terms, instrument=Instrument.BACS)
        agreed = {
            PAYMENT: lambda: terms,
            SCHEDULED: lambda: ScheduledTerms(payment=terms, asked_on=self.day_of(number), made_on=self.day_of(number)),
            STANDING_ORDER: lambda: self._daily(terms, number),
            FILE: lambda: FileTerms(
                file_type=FileType.JSON,
                hash=FILE_HASH,
                content=content_of(self._dated(terms, number), [FilePayment(terms)], at_once=False),
            ),
            ABROAD: lambda: InternationalTerms(payment=terms, cross_border=_cross_border(number)),
            ABROAD_LATER: lambda: InternationalScheduledTerms(
                scheduled=ScheduledTerms(payment=terms, asked_on=self.day_of(number), made_on=self.day_of(number)),
                cross_border=_cross_border(number),
            ),
            ABROAD_AGAIN: lambda: InternationalStandingOrderTerms(
                standing_order=self._daily(terms, number), cross_border=_cross_border(number)
            ),
        }[kind]()
        return authorised(name, kind=kind, terms=agreed, access=facts["access"])

    def lodged_of(self, number: int) -> Consent:
        """The consent before anything was done with it: a file is uploaded, and then agreed to."""
        consent = self.consent_of(number)
        if consent.kind is not FILE:
            return consent
        terms = FileTerms(file_type=FileType.JSON, hash=FILE_HASH)
        return replace(consent, state=ConsentState.AWAITING_UPLOAD, terms=terms, signatures=(), authorised_at=None)

    def file_of(self, number: int) -> list[FilePayment]:
        """The payments of a file."""
        return [each for _, each in self._dated(consent_to(self.seed, number)["terms"], number)]

    def _dated(self, payment: PaymentTerms, number: int) -> list[tuple[date, FilePayment]]:
        last = EXECUTIONS[FILE]
        payments = [
            FilePayment(replace(payment, amount=amount_of(number, each)), self.day_of(number) if each == last else None)
            for each in range(1, last + 1)
        ]
        return days_of(payments, START.date())

    def day_of(self, number: int) -> date:
        return START.date() + timedelta(days=1 + number % self.days)

    def _daily(self, payment: PaymentTerms, number: int) -> StandingOrderTerms:
        """The second payment differs by a penny: they are not to be taken for one another."""
        return StandingOrderTerms(
            payment=payment,
            recurrence=Recurrence(unit=Unit.DAY),
            first_on=self.day_of(number),
            payments=EXECUTIONS[kind_of(number)],
            recurring_amount=Money(payment.amount.currency, payment.amount.minor + 1),
        )

    def _recurring(self, payment: PaymentTerms, first: int) -> VrpTerms:
        limit = Money("GBP", VRP_FITTING * (payment.amount.minor + VRP_NUMBERS))
        return VrpTerms(
            individual_max=limit,
            limits=(PeriodicLimit(amount=limit, period=Period.DAY, alignment=Alignment.CONSENT),),
            creditor_name=payment.creditor_name,
            creditor_account=payment.creditor_account,
            reference=f"vrp-{first}",
            types=(VrpType.SWEEPING,),
            authentications=(VrpAuthentication.NONE,),
        )

    async def place(self, number: int, orders: PaymentOrders, bank: Any) -> str:
        """The id of the order, or of the instruction, that the first placement made. Raises what a TPP is refused with."""
        consent, use = self.consent_of(number), use_of(f"order-{number}", ACME)
        terms: Any = consent.terms
        if consent.kind in INSTRUCTED_KINDS:
            said = FileTerms(file_type=FileType.JSON, hash=FILE_HASH) if consent.kind == FILE else terms
            asked = InstructionRequest(
                consent_id=consent.id, kind=consent.kind, terms=said, lodged_as=LODGED_AS, document=b'{"Data": {}}'
            )
            return (await orders.instructions.place(BRAND, ACME, asked, use, check_agreed=agree)).id
        quote = None
        facts: dict[str, Any] = {"kind": consent.kind}
        match consent.kind:
            case ConsentKind.VRP:
                facts["terms"] = PaymentTerms(
                    amount=amount_of(number), creditor_name=terms.creditor_name, creditor_account=terms.creditor_account
                )
                facts["use"] = VrpUse(type=VrpType.SWEEPING, authentication=VrpAuthentication.NONE)
            case ConsentKind.PAYMENT:
                facts["terms"] = terms
            case _:
                facts["terms"] = terms.payment
        if consent.kind in (ABROAD, ABROAD_LATER):
            facts["cross_border"] = terms.cross_border.asked
            quote = _quote_of(bank, terms)
        return (await orders.place(BRAND, ACME, request_of(consent, **facts), use, quote=quote)).id


def _destination(number: int) -> tuple[str, AccountIdentifier]:
    return DESTINATIONS[(number + number // len(MIX)) % len(DESTINATIONS)]


def _cross_border(number: int) -> CrossBorder:
    currency, account = _destination(number)
    asked = AskedRate(type=RateType.INDICATIVE, unit_currency="GBP")
    return CrossBorder(currency=currency, rate=asked, country=account.identification[:2])


def _quote_of(bank: Any, terms: InternationalTerms) -> Callable[[], Awaitable[Quote]]:
    async def ask() -> Quote:
        quote = await bank.quote(BRAND, quote_request(terms.payment.amount, terms.cross_border, is_binding=True))
        if not isinstance(quote, Quote):
            raise UpstreamFailed(f"no quote: {quote}")
        return quote

    return ask
