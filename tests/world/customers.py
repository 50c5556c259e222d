"""Customers of a bank who sign in and confirm, and their accounts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from consent.ports import DECOUPLED, Method, Psu, ScaChallenge, ScaEvidence
from kernel.banking.accounts import Account, AccountCategory, AccountIdentifier, AccountStatus, AccountType, Scheme
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck
from kernel.brand import Brand
from kernel.clock import ManualClock
from tests.world.brands import START

CODE = "123456"
METHODS = (Method("device", is_typed=False), Method("one_time_code", is_typed=True), DECOUPLED)


def account(upstream_id: str, name: str, number: str, **facts: Any) -> Account:
    return Account(
        **{
            "id": upstream_id,
            "currency": "GBP",
            "category": AccountCategory.PERSONAL,
            "type": AccountType.CURRENT,
            "status": AccountStatus.ENABLED,
            "status_changed_at": START,
            "name": name,
            "identifiers": (AccountIdentifier(Scheme.SORT_CODE, number),),
            "opened_at": START,
        }
        | facts
    )


ACCOUNTS: Mapping[str, tuple[Account, ...]] = {
    "c-alice": (
        account("up-1", "Everyday current account", "80200112345678"),
        account("up-2", "Rainy day savings", "80200187654321", type=AccountType.SAVINGS),
        account("up-3", "Old account", "80200111112222", eligible=False),
    ),
    "c-bob": (account("up-4", "Bob's account", "80200155556666"),),
    "c-carol": (account("up-5", "Carol's account", "80200177778888"),),
    "c-dave": (account("up-6", "Closed account", "80200199990000", status=AccountStatus.DISABLED),),
    "c-gale": (account("up-7", "Gale's account", "80200100001111"),),
}


@dataclass
class Identity:
    """Customers by name; `<name>-pw` opens each. A device confirms at once unless its owner is `gale`."""

    clock: ManualClock
    password_checks: int = 0
    started: list[str] = field(default_factory=list)
    confirmed: bool = False
    linked: dict[str, Any] = field(default_factory=dict)  # by reference: what was shown where the PSU authenticates
    enrolled: dict[str, tuple[Any, ...]] = field(
        default_factory=lambda: {
            "alice": ("device",),
            "bob": ("one_time_code",),
            "carol": ("passkey", "one_time_code"),
            "dave": ("device",),
            "gale": ("device",),
            "nell": ("passkey",),
        }
    )
    hangs: bool = False
    methods: tuple[Method, ...] = METHODS

    async def check_password(self, brand: Brand, username: str, password: str) -> Psu | None:
        self.password_checks += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.psu(username) if username in self.enrolled and password == f"{username}-pw" else None

    async def find(self, brand: Brand, psu_id: str) -> Psu | None:
        name = psu_id.removeprefix("psu-")
        return self.psu(name) if name in self.enrolled else None

    async def find_by_name(self, brand: Brand, username: str) -> Psu | None:
        return self.psu(username) if username in self.enrolled else None

    async def find_by_customer(self, brand: Brand, customer_id: str) -> Psu | None:
        return await self.find(brand, customer_id.replace("c-", "psu-", 1))

    async def start_sca(self, brand: Brand, psu: Psu, method: Any, authorisation_id: str, linked: Any = None) -> ScaChallenge:
        self.started.append(authorisation_id)
        self.linked[f"ref-{len(self.started)}"] = linked
        confirmed = method == "device" and psu.id != "psu-gale"
        expires_at = self.clock.wall() + timedelta(minutes=3)
        return ScaChallenge(method, f"ref-{len(self.started)}", "We have sent you a code.", expires_at, confirmed)

    async def finish_sca(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: Any = None
    ) -> ScaEvidence | None:
        right = challenge.confirmed or self.confirmed or (challenge.method == "one_time_code" and response == CODE)
        right = right and self.linked[challenge.reference] == linked
        digest = linked.digest if linked else ""
        return (
            ScaEvidence(challenge.method, self.clock.wall(), challenge.reference, simulated=True, linked=digest)
            if right
            else None
        )

    def psu(self, name: str) -> Psu:
        return Psu(f"psu-{name}", f"c-{name}", name.title(), self.enrolled[name])


@dataclass
class Payees:
    """The names of others: `answer` is what is said of each, or what happens instead."""

    answer: PayeeCheck | Exception = NOT_AVAILABLE
    asked: list[tuple[str, str]] = field(default_factory=list)  # number and name
    hangs: bool = False

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        self.asked.append((creditor_account.identification, name))
        if self.hangs:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Accounts:
    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        return ACCOUNTS.get(customer_id, ())
