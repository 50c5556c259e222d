"""Lodge a consent to a payment: its terms, who must sign, and until when. OBIE R/W 4.0, Domestic Payment Consents ("Authorisation")."""

from datetime import timedelta
from typing import Literal, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from kernel import json
from kernel.banking.commands import LodgeConsent
from kernel.banking.consents import ConsentKind, ConsentLodgement, Terms
from openapi.codec import WireRequest
from openapi.uk_obie.shared.dates import parse_date_time
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.wire.parts import Authorisation

LIFETIME = timedelta(hours=24)  # of a payment consent, from its lodging; ordered later than that, the payment is refused
COMPLETION = "Data.Authorisation.CompletionDateTime"


class Lodged(Protocol):
    """The data of a consent, as far as it says who must agree and until when."""

    authorisation: Authorisation | UnsetType


class Asked(Protocol):
    """The members that the data of every consent to a payment has."""

    read_refund_account: Literal["No", "Yes"] | UnsetType
    authorisation: Authorisation | UnsetType


def asked_of(data: Asked) -> dict[str, bool]:
    """The members of the terms that are asked for outside the initiation."""
    authorisation = data.authorisation
    return {
        "returns_to_payer": data.read_refund_account == "Yes",
        "signed_by_one": authorisation is not UNSET and authorisation.authorisation_type == "Single",
    }


def lodge(request: WireRequest, kind: ConsentKind, terms: Terms, data: Lodged) -> LodgeConsent:
    """Raises FieldDateInvalid."""
    completion = UNSET if data.authorisation is UNSET else data.authorisation.completion_date_time
    return LodgeConsent(
        ConsentLodgement(
            kind=kind,
            lodged_as=NAME,
            terms=terms,
            valid_until=None if completion is UNSET else parse_date_time(completion, COMPLETION),
            valid_for=LIFETIME,
            document=json.encode(msgspec.json.decode(request.body)),  # what it says, without white space
        ),
        until_path=COMPLETION,
    )
