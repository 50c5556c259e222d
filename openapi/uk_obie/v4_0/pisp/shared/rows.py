"""Parts of the rows of every product. Consents are lodged and orders are read with the caller's own authority; to ask for funds and to
order takes a token that the payer authorised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from kernel.access import Grant
from kernel.banking.consents import ConsentKind
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.parameters import AnswerHeader, HeaderParameter
from openapi.uk_obie.v4_0.headers import IDEMPOTENCY_KEY
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWriteFundsConfirmationResponse1, OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.signatures import HEADER

SCOPE = "payments"
SENT = (
    HeaderParameter(IDEMPOTENCY_KEY, "A key of the caller's; a repeat under it makes nothing new, for 24 hours.", required=True),
    HeaderParameter(HEADER, "A detached JWS over the body.", required=True),
)
SIGNED = (AnswerHeader(HEADER, "A detached JWS over the body."),)

_row = partial(Row, scope=SCOPE, signed=True, answer_headers=SIGNED)


def manage_of(kind: ConsentKind) -> Callable[..., Row]:
    """The rows of a product, by the kind of its consents, that take the caller's own authority."""
    return partial(_row, grant=Grant.CLIENT_CREDENTIALS, consent_kind=kind)


def pay_of(kind: ConsentKind) -> Callable[..., Row]:
    """Likewise, those that take the payer's."""
    return partial(_row, grant=Grant.AUTHORIZATION_CODE, consent_kind=kind)


class ConsentCodec(Protocol):
    """The module of a product's consents."""

    COLLECTION: str
    EXAMPLE: bytes
    decode_lodge: Callable[..., Any]
    decode_read: Callable[..., Any]
    encode_consent: Callable[..., Any]


class PaymentCodec(Protocol):
    """The module of a product's payments."""

    COLLECTION: str
    EXAMPLE: bytes
    decode_place: Callable[..., Any]
    decode_read: Callable[..., Any]
    encode_order: Callable[..., Any]
    encode_details: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of payment initiation: its names in paths and summaries, and its documents. `payment` names the payment of a summary, with its
    article; `order` and `details` are the summaries that differ from product to product."""

    kind: ConsentKind
    payment: str
    order: str
    details: str
    resource_id: str
    consents: ConsentCodec
    payments: PaymentCodec
    consent_request: Any
    consent_response: Any
    request: Any
    response: Any


def rows_of(product: Product, *funds: Row) -> tuple[Row, ...]:
    """The operations that every product has, with `funds` before its orders."""
    manage, pay = manage_of(product.kind), pay_of(product.kind)
    consents, payments = product.consents, product.payments
    consent, order = f"{consents.COLLECTION}/{{ConsentId}}", f"{payments.COLLECTION}/{{{product.resource_id}}}"
    # fmt: off
    return (
        manage("POST", consents.COLLECTION, Operation.LODGE_PAYMENT_CONSENT,
               consents.decode_lodge, consents.encode_consent, success=201, idempotent=True, headers=SENT,
               request=product.consent_request, example=consents.EXAMPLE, response=product.consent_response,
               summary=f"Lodge a consent to {product.payment}"),
        manage("GET", consent, Operation.READ_PAYMENT_CONSENT,
               consents.decode_read, consents.encode_consent,
               response=product.consent_response, summary=f"Read a consent to {product.payment}"),
        *funds,
        pay("POST", payments.COLLECTION, Operation.PLACE_PAYMENT,
            payments.decode_place, payments.encode_order, success=201, idempotent=True, headers=SENT,
            request=product.request, example=payments.EXAMPLE, response=product.response, summary=product.order),
        manage("GET", order, Operation.READ_PAYMENT,
               payments.decode_read, payments.encode_order, response=product.response, summary=f"Read {product.payment}"),
        manage("GET", f"{order}/payment-details", Operation.READ_PAYMENT_DETAILS,
               payments.decode_read, payments.encode_details,
               response=OBWritePaymentDetailsResponse1, conditional=True, summary=product.details),
    )
    # fmt: on


def funds_row(kind: ConsentKind, collection: str, decode: Callable[..., Any], encode: Callable[..., Any]) -> Row:
    """The question whether the payer has the funds, of a product that has it."""
    path = f"{collection}/{{ConsentId}}/funds-confirmation"
    response, summary = OBWriteFundsConfirmationResponse1, "Ask whether the payer has the funds"
    return pay_of(kind)("GET", path, Operation.CONFIRM_PAYMENT_FUNDS, decode, encode, response=response, summary=summary)
