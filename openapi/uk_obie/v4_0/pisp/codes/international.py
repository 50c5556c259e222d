"""The codes of international payments, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet."""

from kernel.banking.abroad.exchange import ChargeBearer, RateType
from kernel.banking.payments import Instrument
from openapi.uk_obie.v4_0.pisp.wire import international as wire

HOME = "GBP"  # the currency of the accounts that pay, unless nothing is exchanged
INSTRUMENTS = frozenset({"UK.OBIE.SWIFT"})  # of an international payment on a later day; none is taken too
INSTRUMENTS_AT_ONCE: dict[str, Instrument] = {  # likewise, of one that is made at once
    "UK.OBIE.SWIFT": Instrument.SWIFT,
    "UK.OBIE.SEPACreditTransfer": Instrument.SEPA_CREDIT_TRANSFER,
    "UK.OBIE.SEPAInstantCreditTransfer": Instrument.SEPA_INSTANT,
}
SEPA = frozenset({Instrument.SEPA_CREDIT_TRANSFER, Instrument.SEPA_INSTANT})
SEPA_CURRENCY = "EUR"
SEPA_BEARERS = frozenset({ChargeBearer.SHARED, ChargeBearer.SERVICE_LEVEL})  # each side pays its own bank
CHARGE_TYPE = "UK.OBIE.MoneyTransferOut"

CHARGE_BEARERS: dict[wire.ChargeBearer, ChargeBearer] = {
    "BorneByCreditor": ChargeBearer.PAYEE,
    "BorneByDebtor": ChargeBearer.PAYER,
    "FollowingServiceLevel": ChargeBearer.SERVICE_LEVEL,
    "Shared": ChargeBearer.SHARED,
}
BEARER_NAMES: dict[ChargeBearer, wire.ChargeBearer] = {bearer: name for name, bearer in CHARGE_BEARERS.items()}
RATE_TYPES: dict[wire.RateType, RateType] = {
    "Actual": RateType.ACTUAL,
    "Agreed": RateType.AGREED,
    "Indicative": RateType.INDICATIVE,
}
RATE_NAMES: dict[RateType, wire.RateType] = {kind: name for name, kind in RATE_TYPES.items()}
