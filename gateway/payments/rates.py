"""The bank's rate for a payment abroad: asked for when its consent is lodged, and again when it is ordered if that rate was indicative."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from gateway.ports import Rates
from kernel.banking.abroad.cross_border import InternationalTerms, quote_request
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.abroad.planned import InternationalScheduledTerms
from kernel.banking.consents import Consent, ConsentLodgement, CrossBorderTerms
from kernel.banking.planned.ahead import check_ahead, end_of
from kernel.brand import Brand
from kernel.errors import CurrencyUnsupported, FieldDateInvalid, FieldInvalid, Problem

PUBLIC: Mapping[Unquoted, str] = {
    Unquoted.AMOUNT: "The bank does not exchange this amount.",
    Unquoted.BEARER: "The bank does not offer this charge bearer.",
    Unquoted.RATE: "The rate is not that of the contract, or not in a currency of the payment.",
    Unquoted.CONTRACT: "The bank knows no such contract for this currency.",
}


async def lodge_at_rate(
    rates: Rates, brand: Brand, lodgement: ConsentLodgement, now: datetime, paths: Mapping[str, str]
) -> ConsentLodgement:
    """The lodgement of a payment abroad with the bank's quote, and an end no later than that of the quote. Raises CurrencyUnsupported or
    FieldInvalid, with the path of the member, FieldDateInvalid with its canonical name, UpstreamFailed or UpstreamTimedOut."""
    terms = lodgement.terms
    assert isinstance(terms, CrossBorderTerms)
    until = _last_moment(terms, brand, now)
    quote = await ask(rates, brand, quote_request(terms.payment.amount, terms.cross_border, until=until), paths)
    quoted = msgspec.structs.replace(terms, cross_border=msgspec.structs.replace(terms.cross_border, quote=quote))
    ends = [end for end in (lodgement.valid_until, quote.expires_at) if end is not None]
    return msgspec.structs.replace(lodgement, terms=quoted, valid_until=min(ends, default=None))


def is_asked_again(consent: Consent) -> bool:
    """True if the rate of the moment of the order counts."""
    return isinstance(consent.terms, InternationalTerms) and consent.terms.cross_border.expires_at is None


async def ask_again(rates: Rates, brand: Brand, consent: Consent, paths: Mapping[str, str]) -> Quote:
    """A rate that binds the bank now. Raises as `lodge_at_rate`."""
    assert isinstance(consent.terms, InternationalTerms)
    asked = quote_request(consent.terms.payment.amount, consent.terms.cross_border, is_binding=True)
    return await ask(rates, brand, asked, paths)


async def ask(rates: Rates, brand: Brand, asked: QuoteRequest, paths: Mapping[str, str]) -> Quote:
    quote = await rates.quote(brand, asked)
    if isinstance(quote, Unquoted):
        raise _problem_of(quote, paths)
    return quote


def _last_moment(terms: CrossBorderTerms, brand: Brand, now: datetime) -> datetime | None:
    """The end of the later day on which the payment is made; None, where it is made at once, or where the store refuses the day."""
    if not isinstance(terms, InternationalScheduledTerms):
        return None
    try:
        return end_of(check_ahead(terms.scheduled.asked_on, brand, now, ""), brand)
    except FieldDateInvalid:
        return None


def _problem_of(why: Unquoted, paths: Mapping[str, str]) -> Problem:
    path = paths.get(f"quote.{why}", "")
    if why is Unquoted.CURRENCY:
        return CurrencyUnsupported(path=path)
    if why is Unquoted.UNTIL:
        return FieldDateInvalid("no rate for that day", public="The bank fixes no rate for that day.", path=f"quote.{why}")
    return FieldInvalid(f"the bank quotes nothing: {why}", public=PUBLIC[why], path=path)
