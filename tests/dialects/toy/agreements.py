"""Lodge, read and withdraw an agreement, as this standard calls a consent."""

import hashlib
from datetime import UTC, datetime

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent, WithdrawConsent
from kernel.banking.consents import (
    DIRECTIONS,
    READ_ACCOUNTS,
    READ_TRANSACTIONS,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
)
from kernel.errors import FieldDateInvalid, HeaderInvalid
from openapi.codec import Rendered, Rendering, WireRequest
from openapi.parameters import AnswerHeader
from tests.dialects.toy.wire import Agreement, Wish

NAME = "toy/v1"
APPROACH = "Toy-Approach"
DIGEST = "Toy-Digest"
LETTER_BYTES_MAX = 524_288
LODGED_HEADERS = (
    AnswerHeader("Location", "Where the agreement is."),
    AnswerHeader(APPROACH, "How the customer agrees."),
)
EXAMPLE = b'{"until": "2099-12-31T00:00:00Z"}'


def decode_lodge(request: WireRequest) -> LodgeConsent:
    wish = json.decode(request.body, Wish)
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as=NAME,
            terms=AccountsTerms(permissions=READ_ACCOUNTS | READ_TRANSACTIONS | DIRECTIONS),
            valid_until=_instant(wish.until) if isinstance(wish.until, str) else None,
            document=request.body,
        )
    )


def decode_letter(request: WireRequest) -> LodgeConsent:
    """A letter is no JSON and may be long: then it is in a spool, hashed, and a codec sees no more of it. The agreement keeps the hash."""
    digest = request.spool.sha256 if request.spool is not None else hashlib.sha256(request.body).digest()
    if request.headers[DIGEST] != digest.hex():
        raise HeaderInvalid("the digest of another letter", path=DIGEST)
    document = json.encode({"letter": digest.hex()})
    return LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.ACCOUNTS, lodged_as=NAME, terms=AccountsTerms(permissions=READ_ACCOUNTS), document=document
        )
    )


def encode_lodged(consent: Consent, rendering: Rendering) -> Rendered:
    """202: nothing opens before the customer has agreed."""
    here = f"{rendering.base_url}/agreements/{consent.id}"
    return Rendered(
        body=encode_agreement(consent, rendering),
        status=202,
        headers=(("Location", here), (APPROACH, "redirect")),
    )


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["agreementId"])


def decode_withdraw(request: WireRequest) -> WithdrawConsent:
    return WithdrawConsent(request.path["agreementId"])


def encode_agreement(consent: Consent, rendering: Rendering) -> Agreement:
    return Agreement(consent.id, consent.effective_state(rendering.now).value)


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise FieldDateInvalid("not an instant in UTC", path="until") from None
