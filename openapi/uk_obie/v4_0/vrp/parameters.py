"""Control parameters in canonical words. OBIE R/W 4.0, Domestic VRP Consents, "Control Parameters": a limit for each kind of period at
most once, a fortnight counted from the consent alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from msgspec import UNSET

from kernel.banking.money import Money
from kernel.banking.terms import Alignment, Period, PeriodicLimit, VrpAuthentication, VrpPresence, VrpType
from kernel.errors import FieldDateInvalid, FieldDuplicated, FieldInvalid
from openapi.uk_obie.shared.dates import parse_date_time
from openapi.uk_obie.v4_0.pisp.shared.initiation import parse_amount
from openapi.uk_obie.v4_0.vrp import wire
from openapi.uk_obie.v4_0.vrp.codes import ALIGNMENTS, AUTHENTICATIONS, PARAMETERS, PERIODS, PRESENCES, TYPES
from openapi.uk_obie.v4_0.wire import OBActiveOrHistoricCurrencyAndAmount

FROM, TO = f"{PARAMETERS}.ValidFromDateTime", f"{PARAMETERS}.ValidToDateTime"
INDIVIDUAL = f"{PARAMETERS}.MaximumIndividualAmount"
LIMITS = f"{PARAMETERS}.PeriodicLimits"
Meant = TypeVar("Meant")


def parse_validity(parameters: wire.OBDomesticVRPControlParameters) -> tuple[datetime | None, datetime | None]:
    """The moments from which and until which payments may be made. Raises FieldDateInvalid for a time that never begins."""
    first, last = parameters.valid_from_date_time, parameters.valid_to_date_time
    begins = None if first is UNSET else parse_date_time(first, FROM)
    ends = None if last is UNSET else parse_date_time(last, TO)
    if begins is not None and ends is not None and begins >= ends:
        raise FieldDateInvalid("it ends before it begins", path=FROM)
    return begins, ends


def parse_individual_max(parameters: wire.OBDomesticVRPControlParameters) -> Money:
    return parse_amount(parameters.maximum_individual_amount, INDIVIDUAL)


def parse_limits(parameters: wire.OBDomesticVRPControlParameters, individual_max: Money) -> tuple[PeriodicLimit, ...]:
    """Raises FieldInvalid, FieldDuplicated or CurrencyUnsupported with the path of the member."""
    limits: list[PeriodicLimit] = []
    for place, asked in enumerate(parameters.periodic_limits):
        limit = _parse_limit(asked, f"{LIMITS}[{place}]")
        if any(limit.period is other.period for other in limits):
            raise FieldDuplicated("two limits of one period", path=f"{LIMITS}[{place}].PeriodType")
        if limit.amount.minor < individual_max.minor:
            raise FieldInvalid(
                "one payment may be more than all of a period",
                public="The limit is less than what one payment may be.",
                path=f"{LIMITS}[{place}].Amount",
            )
        limits.append(limit)
    return tuple(limits)


def _parse_limit(asked: wire.PeriodicLimit, path: str) -> PeriodicLimit:
    period, alignment = PERIODS[asked.period_type], ALIGNMENTS[asked.period_alignment]
    if period is Period.FORTNIGHT and alignment is Alignment.CALENDAR:
        raise FieldInvalid(public="No calendar has fortnights: align them to the consent.", path=f"{path}.PeriodAlignment")
    amount = OBActiveOrHistoricCurrencyAndAmount(amount=asked.amount, currency=asked.currency)
    return PeriodicLimit(amount=parse_amount(amount, path), period=period, alignment=alignment)


def parse_types(parameters: wire.OBDomesticVRPControlParameters) -> tuple[VrpType, ...]:
    return _parse_each(parameters.vrp_type, TYPES, f"{PARAMETERS}.VRPType")


def parse_authentications(parameters: wire.OBDomesticVRPControlParameters) -> tuple[VrpAuthentication, ...]:
    return _parse_each(parameters.psu_authentication_methods, AUTHENTICATIONS, f"{PARAMETERS}.PSUAuthenticationMethods")


def parse_presences(parameters: wire.OBDomesticVRPControlParameters) -> tuple[VrpPresence, ...]:
    """Where none is named, the payer is not there."""
    asked = parameters.psu_interaction_types
    return tuple(PRESENCES[each] for each in asked) if asked is not UNSET and asked else (VrpPresence.OFF_SESSION,)


def _parse_each(asked: list[str], table: Mapping[str, Meant], path: str) -> tuple[Meant, ...]:
    return tuple(parse_code(each, table, f"{path}[{place}]") for place, each in enumerate(asked))


def parse_code(code: str, table: Mapping[str, Meant], path: str) -> Meant:
    """Raises FieldInvalid for a code that the bank does not offer."""
    if code not in table:
        raise FieldInvalid(public="The code is not offered.", path=path)
    return table[code]
