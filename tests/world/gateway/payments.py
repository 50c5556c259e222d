"""The parts of payments in the world of the gateway: orders in memory, funds, and the keys of signed messages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from gateway.ports import MessageSigner
from kernel.access import Caller
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference, Consent
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder, RailStatus
from kernel.banking.planned.files import FilePayment
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from kernel.banking.records.listing import RecordPage
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.idempotency import Idempotency
from kernel.errors import ConsentMismatch, IdempotencyConflict, OrderUnknown, Problem
from kernel.jose.jwt import JwtKey, generate_key, import_key, public_jwk
from plugins.exchange.rate_table import RateTable

SIGNER = "org-1/software-1"


@dataclass
class Payments:
    """Orders by id, and by idempotency key. `available`: what every account could pay."""

    clock: Clock
    consents: dict[str, Consent]
    orders: dict[str, PaymentOrder] = field(default_factory=dict)
    uses: dict[tuple[str, str, str], tuple[bytes, str]] = field(default_factory=dict)
    requests: list[OrderRequest] = field(default_factory=list)
    available: bool = True
    asked: list[tuple[str, Money]] = field(default_factory=list)

    async def place(
        self,
        brand: Brand,
        caller: Caller,
        request: OrderRequest,
        use: Idempotency,
        *,
        check_agreed: Callable[[Consent], None],
        refund_account: Callable[[], Awaitable[AccountIdentifier | None]] | None = None,
        quote: Callable[[], Awaitable[Quote]] | None = None,
    ) -> PaymentOrder:
        place = (use.client_id, use.endpoint, use.key)
        if place in self.uses:
            fingerprint, order_id = self.uses[place]
            if fingerprint != use.fingerprint:
                raise IdempotencyConflict("another body")
            return self.orders[order_id]
        self.requests.append(request)
        consent = self.consents[request.consent_id]
        check_agreed(consent)
        if refund_account is not None:
            request = msgspec.structs.replace(request, refund_account=await refund_account())
        if quote is not None:
            request = msgspec.structs.replace(request, quote=await quote())
        order = _order(len(self.orders) + 1, brand, caller, request, consent, self.clock)
        self.orders[order.id] = order
        self.uses[place] = (use.fingerprint, order.id)
        return order

    @property
    def instructions(self) -> "Instructions":
        return Instructions(self)

    @property
    def planned(self) -> "Planned":
        return Planned()

    async def read(self, brand: Brand, caller: Caller, order_id: str) -> PaymentOrder:
        if order_id not in self.orders:
            raise OrderUnknown(order_id)
        return self.orders[order_id]

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        self.asked.append((account_id, amount))
        return self.available

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        return RateTable().quote(asked, "quote-1", self.clock.now())


@dataclass
class Instructions:
    """Those of several payments: none is there."""

    payments: Payments

    async def place(
        self,
        brand: Brand,
        caller: Caller,
        request: InstructionRequest,
        use: Idempotency,
        *,
        check_agreed: Callable[[Consent], None],
        refund_account: Callable[[], Awaitable[AccountIdentifier | None]] | None = None,
    ) -> Instruction:
        raise ConsentMismatch("no instructions are placed here")

    async def read(self, brand: Brand, caller: Caller, instruction_id: str) -> InstructionDetails:
        raise OrderUnknown(instruction_id)


class Planned:
    """Planned payments of accounts: none is there."""

    async def standing_orders(self, brand: Brand, account_ids: Sequence[str], after: Any, limit: int) -> RecordPage[Any]:
        return RecordPage((), False, 0)

    scheduled_payments = standing_orders


@dataclass
class Files:
    """The files that were uploaded, with the payments in them."""

    kept: dict[str, tuple[bytes, Sequence[FilePayment]]] = field(default_factory=dict)
    used: dict[str, bytes] = field(default_factory=dict)

    async def was_uploaded(self, use: Idempotency) -> bool:
        return self.used.get(use.key) == use.fingerprint

    async def upload(
        self, brand: Brand, caller: Caller, consent_id: str, use: Idempotency, *, data: bytes, payments: Sequence[FilePayment]
    ) -> None:
        self.kept[consent_id], self.used[use.key] = (data, payments), use.fingerprint

    async def read(self, brand: Brand, consent_id: str) -> bytes:
        return self.kept.get(consent_id, (b"", ()))[0]


@dataclass
class FundsChecks:
    """The checks that were written down. `refusal`: what the state of a consent forbids under its lock."""

    recorded: list[FundsCheck] = field(default_factory=list)
    refusal: Problem | None = None

    async def record(self, brand: Brand, caller: Caller, check: FundsCheck) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.recorded.append(check)


def _order(number: int, brand: Brand, caller: Caller, request: OrderRequest, consent: Consent, clock: Clock) -> PaymentOrder:
    return PaymentOrder(
        id=f"order-{number}",
        brand=brand.name,
        version=1,
        state=OrderState.RECEIVED,
        rail_status=RailStatus.RECEIVED,
        instruction_id=f"instruction-{number}",
        execution=1,
        consent_id=consent.id,
        client_id=caller.client_id or "",
        organisation_id=caller.organisation_id,
        psu_id=consent.psu_id,
        terms=request.terms,
        payer=consent.accounts[0] if consent.accounts else AccountReference("a-1", "up1"),
        uetr="7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d",
        created_at=clock.now(),
        updated_at=clock.now(),
        refund_account=request.refund_account,
        lodged_as=request.lodged_as,
        document=request.document,
    )


class MessageKeys:
    """One key of a TPP, and one of the brand."""

    def __init__(self) -> None:
        self.private, self.ours = generate_key("PS256"), generate_key("PS256")
        self.public = {self.private.kid: import_key(public_jwk(self.private), kid=self.private.kid, alg="PS256")}

    async def signer(self, brand: Brand, client_id: str, kid: str, issuer: str) -> MessageSigner:
        return MessageSigner(issuer == SIGNER, self.public)

    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        return self.ours


@cache
def message_keys() -> MessageKeys:
    """Made once: an RSA key takes a good part of a second."""
    return MessageKeys()
