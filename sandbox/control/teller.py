"""The bank's counter: books money on a persona's account, announces it, books or releases an announced payment.

Part of the control API, under the same rule about who may call it. It writes to the ledger through the ledger's own transactions,
so concurrent readers see consistent books.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from consent.ports import CustomerAccounts, PsuIdentity
from kernel import json
from kernel.banking.accounts import Account, TransactionStatus
from kernel.banking.money import Money, exponent
from kernel.banking.visible_text import is_visible
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import FieldInvalid, OperationUnknown, Problem
from kernel.http.message import Request, Response
from kernel.ids import Ids
from kernel.instants import to_utc
from kernel.storage.sealed import Sealer
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import Leg, Line, PendingPayment
from sandbox.control.bookings import AnnounceMoney, BookMoney, Counter, ReleaseMoney, SettleMoney
from sandbox.control.clerk import find_persona, names_of, not_one
from sandbox.control.surface import PREFIX, answer_call, render_refusal

TEXT_LENGTH_MAX = 500
REFERENCE_LENGTH_MAX = 140
AHEAD_MAX = timedelta(days=366)  # of what is announced
BEHIND_MAX = timedelta(days=3660)  # of what is booked late: statements are made for every month since
WHOLE_DIGITS_MAX = 10  # of one amount: the figures of a statement are sums of many
_PATHS = re.compile(rf"{PREFIX}transactions(/[^/]+/(book|release))?")


class Booking(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`account`: by nickname, name, number or id. `amount`: with a sign, as `-12.50`. `pending`: only announced."""

    persona: str
    account: str
    amount: str
    information: str
    reference: str | None = None
    booked_at: datetime | None = None
    pending: bool = False


class Settlement(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Of what was announced. `amount`: None for the one that was announced."""

    persona: str
    account: str
    amount: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    token: str
    clock: Clock
    ids: Ids
    commands: Commands
    sealer: Sealer
    identity: PsuIdentity
    customer_accounts: CustomerAccounts

    def owns(self, path: str) -> bool:
        return _PATHS.fullmatch(path) is not None

    async def handle(self, brand: Brand, request: Request) -> Response:
        return await answer_call(brand, request, self.token, self._answer, "POST")

    def refuse(self, _brand: Brand, _request: Request, problem: Problem) -> Response:
        """The answer to a request whose head could not be read."""
        return render_refusal(problem)

    async def _answer(self, brand: Brand, request: Request) -> dict[str, Any]:
        match request.path.removeprefix(PREFIX).split("/"):
            case ["transactions"]:
                return await self.book(brand, json.decode(request.body, Booking))
            case ["transactions", transaction_id, "book"]:
                return await self.settle(brand, transaction_id, json.decode(request.body, Settlement))
            case ["transactions", transaction_id, "release"]:
                return await self.release(brand, transaction_id, json.decode(request.body, Settlement))
            case _:
                raise OperationUnknown

    async def book(self, brand: Brand, booking: Booking) -> dict[str, Any]:
        """Book or announce it now, or at its own instant. Raises FieldInvalid."""
        account = await self._find(brand, booking.persona, booking.account)
        amount = _amount(booking.amount, account.currency)
        _check_text(booking.information, TEXT_LENGTH_MAX, "information")
        if booking.reference is not None:
            _check_text(booking.reference, REFERENCE_LENGTH_MAX, "reference")
        at, transaction_id = _instant(booking, self.clock.now()), self.ids.uuid()
        narrative = Narrative(booking.information, booking.reference)
        pending = PendingPayment(id=transaction_id, account_id=account.id, amount=amount, booked_at=at, narrative=narrative)
        if booking.pending:
            await self.commands.run(AnnounceMoney(self._counter(brand), pending))
            return {"transaction_id": transaction_id, "status": TransactionStatus.PENDING}
        line = Line(id=transaction_id, booked_at=at, value_at=at, narrative=narrative)
        await self.commands.run(BookMoney(self._counter(brand), Leg(account.id, amount, line), at))
        return {"transaction_id": transaction_id, "status": TransactionStatus.BOOKED}

    async def settle(self, brand: Brand, transaction_id: str, settlement: Settlement) -> dict[str, Any]:
        """Book what was announced, under the id it has. Raises FieldInvalid, PendingUnknown."""
        account = await self._find(brand, settlement.persona, settlement.account)
        amount = None if settlement.amount is None else _amount(settlement.amount, account.currency)
        await self.commands.run(SettleMoney(self._counter(brand), account, transaction_id, amount))
        return {"transaction_id": transaction_id, "status": TransactionStatus.BOOKED}

    async def release(self, brand: Brand, transaction_id: str, settlement: Settlement) -> dict[str, Any]:
        """Take back what was announced. Raises FieldInvalid, PendingUnknown."""
        account = await self._find(brand, settlement.persona, settlement.account)
        await self.commands.run(ReleaseMoney(self._counter(brand), account.id, transaction_id))
        return {"transaction_id": transaction_id, "status": "released"}

    def _counter(self, brand: Brand) -> Counter:
        return Counter(brand=brand.name, sealer=self.sealer, clock=self.clock, ids=self.ids, zone=brand.zone)

    async def _find(self, brand: Brand, persona: str, wanted: str) -> Account:
        """The persona's account by nickname, name, number or id. Raises FieldInvalid for none, or several."""
        psu = await find_persona(self.identity, brand, persona)
        accounts = await self.customer_accounts.accounts_of(brand, psu.customer_id)
        found = [account for account in accounts if wanted in names_of(account)]
        if len(found) != 1:
            raise FieldInvalid(public=not_one(accounts), path="account")
        return found[0]


def _check_text(text: str, most: int, path: str) -> None:
    """Raises FieldInvalid."""
    if not 0 < len(text) <= most or not text.strip() or not is_visible(text):
        raise FieldInvalid(public=f"1 to {most} characters, each of which shows.", path=path)


def _instant(booking: Booking, now: datetime) -> datetime:
    """When it is, or will be, booked. Raises FieldInvalid or FieldDateInvalid."""
    if booking.booked_at is None:
        return now
    at = to_utc(booking.booked_at, "booked_at")
    if at < now - BEHIND_MAX:
        raise FieldInvalid(public="That is more than ten years ago.", path="booked_at")
    if at > now + (AHEAD_MAX if booking.pending else timedelta()):
        raise FieldInvalid(public="That is too far in the future.", path="booked_at")
    return at


def _amount(text: str, currency: str) -> Money:
    """With its sign. Raises FieldInvalid."""
    try:
        amount = Money.parse(text.removeprefix("-"), currency)
    except ValueError:
        raise FieldInvalid(public="A decimal amount with a sign, such as -12.50.", path="amount") from None
    if len(str(abs(amount.minor))) > WHOLE_DIGITS_MAX + exponent(currency):
        raise FieldInvalid(public=f"At most {WHOLE_DIGITS_MAX} digits before the point.", path="amount")
    if amount.minor == 0:
        raise FieldInvalid(public="Nothing moves.", path="amount")
    return Money(currency, -amount.minor) if text.startswith("-") else amount
