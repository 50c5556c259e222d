from datetime import UTC, date, datetime

import pytest

from kernel.banking.money import Money
from orders.reconciliation.statement import Balance, Booked, Kind, Part, References, Statement

DAY = date(2026, 11, 30)


def part(minor: int, uetr: str, **facts: str | None) -> Part:
    end_to_end = facts.pop("end_to_end", None)
    return Part(
        amount=Money("GBP", minor),
        references=References(uetr=uetr, end_to_end=end_to_end, clearing="2026-11-30.1"),
        name=facts.get("name"),
        account=facts.get("account"),
        remittance=facts.get("remittance"),
        reason=facts.get("reason"),
    )


@pytest.fixture
def statement() -> Statement:
    """A day with a cycle of two payments and a return, and an entry that names no payment."""
    parts = (
        part(
            -7_050, "7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d", name="ACME & Söhne", account="08080021325698", remittance="Rent <Nov>"
        ),
        part(-100, "8d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d", end_to_end="E2E-1"),
        part(3_000, "9d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d", reason="AC04"),
    )
    return Statement(
        kind=Kind.STATEMENT,
        id="FPS-2026-11-30",
        account="RESERVE1",
        currency="GBP",
        created_at=datetime(2026, 11, 30, 23, 0, tzinfo=UTC),
        sequence=334,
        opening=Balance(amount=Money("GBP", 1_000_000), day=DAY),
        closing=Balance(amount=Money("GBP", 995_850 - 5), day=DAY),
        entries=(
            Booked(
                amount=Money("GBP", -4_150),
                booked_on=DAY,
                value_on=DAY,
                references=References(servicer="2026-11-30.1", batch="2026-11-30.1"),
                parts=parts,
            ),
            Booked(amount=Money("GBP", -5), booked_on=DAY, value_on=DAY, references=References(servicer="CHARGE-1")),
        ),
    )
