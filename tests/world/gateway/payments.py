"""The parts of payments in the world of the gateway: orders in memory, funds, and the keys of signed messages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from gateway.ports import MessageSigner
from kernel.access import Caller
from kernel.banking.consents import AccountReference, Consent
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder, RailStatus
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.idempotency import Idempotency
from kernel.errors import IdempotencyConflict, OrderUnknown
from kernel.jose.jwt import JwtKey, generate_key, import_key, public_jwk

SIGNER = "org-1/software-1"


@dataclass
class Payments:
    """Orders by id, and by idempotency key. `available`: what every account could pay."""

    clock: Clock
    consents: dict[str, Consent]
    orders: dict[str, PaymentOrder] = field(default_factory=dict)
    uses: dict[tuple[str, str, str], tuple[bytes, str]] = field(default_factory=dict)
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
    ) -> PaymentOrder:
        place = (use.client_id, use.operation, use.key)
        if place in self.uses:
            fingerprint, order_id = self.uses[place]
            if fingerprint != use.fingerprint:
                raise IdempotencyConflict("another body")
            return self.orders[order_id]
        consent = self.consents[request.consent_id]
        check_agreed(consent)
        order = _order(len(self.orders) + 1, brand, caller, request, consent, self.clock)
        self.orders[order.id] = order
        self.uses[place] = (use.fingerprint, order.id)
        return order

    async def read(self, brand: Brand, caller: Caller, order_id: str) -> PaymentOrder:
        if order_id not in self.orders:
            raise OrderUnknown(order_id)
        return self.orders[order_id]

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        self.asked.append((account_id, amount))
        return self.available


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

    async def signer(self, brand: Brand, client_id: str, kid: str) -> MessageSigner:
        return MessageSigner(frozenset({SIGNER}), self.public)

    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        return self.ours


@cache
def message_keys() -> MessageKeys:
    """Made once: an RSA key takes a good part of a second."""
    return MessageKeys()
