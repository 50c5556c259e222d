"""A file of payments as its TPP announces it, in canonical words. OBIE R/W 4.0, File Payment Consents."""

import base64
import binascii
from collections.abc import Mapping
from datetime import date, tzinfo
from decimal import Decimal
from types import MappingProxyType

from msgspec import UNSET, UnsetType

from kernel.banking.planned.files import FILE_PAYMENTS_MAX, FileTerms, FileType
from kernel.errors import FieldInvalid, FieldUnexpected
from openapi.uk_obie.shared.dates import parse_date_time
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH, check_instrument, parse_debtor, parse_text
from openapi.uk_obie.v4_0.pisp.wire.files import OBFile2

FILE_TYPES: Mapping[str, FileType] = MappingProxyType(
    {"UK.OBIE.PaymentInitiation.4.0": FileType.JSON, "UK.OBIE.pain.001.001.08": FileType.PAIN_001}
)
SHA256_BYTES = 32  # of a digest: no other hash is taken
PATHS = {
    "file_hash": f"{PATH}.FileHash",
    "file_payments": f"{PATH}.NumberOfTransactions",
    "control_sum": f"{PATH}.ControlSum",
    "file_day": f"{PATH}.RequestedExecutionDateTime",
    "file_debtor": f"{PATH}.DebtorAccount",
}  # of the members that a file is compared with


def parse_initiation(initiation: OBFile2, zone: tzinfo, *, signed_by_one: bool = False) -> FileTerms:
    """`zone` is the bank's, which says what day an instant is. Raises the Field problems, InstrumentUnsupported, SchemeUnsupported, AccountNumberInvalid and
    SecondaryNumberUnsupported, with the path of the member."""
    file_type = FILE_TYPES.get(initiation.file_type)
    if file_type is None:
        raise FieldInvalid("no such type of file", public="Files of this type are not taken.", path=f"{PATH}.FileType")
    check_instrument(initiation.local_instrument, f"{PATH}.LocalInstrument")
    for name in ("creditor_agent", "ultimate_debtor", "remittance_information"):
        if getattr(initiation, name) is not UNSET:
            member = "".join(part.title() for part in name.split("_"))
            raise FieldUnexpected("said of each payment", public="The file says it of each payment.", path=f"{PATH}.{member}")
    reference = initiation.file_reference
    return FileTerms(
        file_type=file_type,
        hash=_parse_hash(initiation.file_hash),
        payments=_parse_number(initiation.number_of_transactions),
        control_sum=_parse_sum(initiation.control_sum),
        asked_on=_parse_day(initiation.requested_execution_date_time, zone),
        reference=None if reference is UNSET else parse_text(reference, f"{PATH}.FileReference"),
        debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
        signed_by_one=signed_by_one,
    )


def _parse_hash(said: str) -> str:
    """As we write it: the standard's own examples leave out the padding."""
    try:
        digest = base64.b64decode(said + "=" * (-len(said) % 4), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != SHA256_BYTES:
        raise FieldInvalid("no SHA-256 in base64", path=PATHS["file_hash"])
    return base64.b64encode(digest).decode()


def _parse_number(said: str | UnsetType) -> int | None:
    if said is UNSET:
        return None
    if not said.isascii() or not said.isdecimal() or not 1 <= int(said) <= FILE_PAYMENTS_MAX:
        raise FieldInvalid(
            "no number of payments", public=f"A file has from 1 to {FILE_PAYMENTS_MAX:,} payments.", path=PATHS["file_payments"]
        )
    return int(said)


def _parse_sum(said: float | UnsetType) -> str | None:
    """As the decimal number that it was written as: the shortest that is this number."""
    if said is UNSET:
        return None
    total = Decimal(repr(said))
    if total <= 0:
        raise FieldInvalid("a sum of nothing", path=PATHS["control_sum"])
    return str(total.normalize())


def _parse_day(said: str | UnsetType, zone: tzinfo) -> date | None:
    return None if said is UNSET else parse_date_time(said, PATHS["file_day"]).astimezone(zone).date()
