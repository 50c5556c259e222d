"""The simulated scheme, as a process: each payment once, though answers are lost, late, doubled or garbled and the process is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import structlog

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from plugins.rails.faster_payments.rules import AMOUNT_MAX, FASTER_PAYMENTS, OUTCOMES
from plugins.rails.ports import RailPayment, RailSilent
from plugins.rails.simulated import process
from plugins.rails.simulated.client import SimulatedRail
from plugins.rails.simulated.messages import Effect, ListPayments, Recorded, SetEffects
from plugins.rails.simulated.process import SchemeProcess
from plugins.rails.simulated.scheme import books_path
from tests.harness.patience import PATIENCE_SECONDS

UETR = "7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"


def payment(uetr: str = UETR, *, number: str = "08080021325698", minor: int = 1_000, currency: str = "GBP") -> RailPayment:
    return RailPayment(
        uetr=uetr,
        amount=Money(currency, minor),
        debtor_name="Alice Ames",
        debtor_account=AccountIdentifier(Scheme.SORT_CODE, "80200110203345"),
        creditor_name="ACME Inc",
        creditor_account=AccountIdentifier(Scheme.SORT_CODE, number),
    )


@pytest.fixture
async def scheme(tmp_path: Path) -> AsyncIterator[SchemeProcess]:
    opened = SchemeProcess(tmp_path, FASTER_PAYMENTS)
    await opened.start()
    yield opened
    await opened.kill()


async def books(scheme: SchemeProcess) -> tuple[Recorded, ...]:
    return (await scheme.rail.ask(ListPayments())).payments


async def fail(scheme: SchemeProcess, *effects: Effect) -> None:
    await scheme.rail.ask(SetEffects(effects))


async def test_a_payment_is_carried_out_once_however_often_it_is_handed_in(scheme: SchemeProcess) -> None:
    first, *again = await asyncio.gather(*(scheme.rail.submit(payment()) for _ in range(5)))
    assert first.status is RailStatus.CREDITED
    assert set(again) == {first}
    (recorded,) = await books(scheme)
    assert (recorded.payment, recorded.submissions) == (payment(), 5)
    with pytest.raises(RailSilent):
        await scheme.rail.submit(payment(minor=2_000))
    assert await scheme.rail.status("another") is None


@pytest.mark.parametrize("effect", ["lose_answer", "garble"])
async def test_an_answer_that_is_lost_leaves_the_payment_carried_out(scheme: SchemeProcess, effect: str) -> None:
    await fail(scheme, Effect(name=effect))
    with pytest.raises(RailSilent):
        await scheme.rail.submit(payment())
    report = await scheme.rail.status(UETR)
    assert report is not None
    assert report.status is RailStatus.CREDITED


async def test_a_question_that_is_lost_leaves_nothing(scheme: SchemeProcess) -> None:
    await fail(scheme, Effect(name="lose_question"))
    with pytest.raises(RailSilent):
        await scheme.rail.submit(payment())
    assert await scheme.rail.status(UETR) is None
    assert await books(scheme) == ()


async def test_an_answer_that_is_late_is_none(scheme: SchemeProcess) -> None:
    await fail(scheme, Effect(name="delay", milliseconds=60_000))
    hasty = SimulatedRail(FASTER_PAYMENTS, scheme.address, seconds_max=0.2)
    with pytest.raises(RailSilent, match="TimeoutError"):
        await hasty.submit(payment())
    assert len(await books(scheme)) == 1


async def test_an_answer_that_is_doubled_is_read_once(scheme: SchemeProcess) -> None:
    await fail(scheme, Effect(name="double"))
    assert (await scheme.rail.submit(payment())).status is RailStatus.CREDITED


async def test_a_payment_that_is_late_is_in_process_until_then(scheme: SchemeProcess) -> None:
    await fail(scheme, Effect(name="late", milliseconds=1))
    assert (await scheme.rail.submit(payment())).status in {RailStatus.IN_PROCESS, RailStatus.CREDITED}
    report = await scheme.rail.status(UETR)
    while report is None or report.status is RailStatus.IN_PROCESS:  # each question takes longer than the payment is late
        report = await scheme.rail.status(UETR)
    assert report.status is RailStatus.CREDITED


async def test_the_books_outlive_a_killed_process_and_faults_do_too(scheme: SchemeProcess) -> None:
    await scheme.rail.submit(payment())
    await fail(scheme, Effect(name="lose_answer", times=2))
    await scheme.kill()
    with pytest.raises(RailSilent):
        await scheme.rail.status(UETR)
    await scheme.start()
    report = await scheme.rail.status(UETR)
    assert report is not None
    assert report.status is RailStatus.CREDITED
    for _ in range(2):
        with pytest.raises(RailSilent):
            await scheme.rail.submit(payment())
    assert (await scheme.rail.submit(payment())).status is RailStatus.CREDITED


async def test_a_payees_number_chooses_the_answer(scheme: SchemeProcess) -> None:
    for ending, outcome in OUTCOMES.items():
        report = await scheme.rail.submit(payment(f"uetr-{ending}", number=f"0808002132{ending}"))
        assert report.status is outcome.status
        assert report.reason == (outcome.reason if outcome.status is RailStatus.REJECTED else None)


async def test_what_the_scheme_does_not_carry_is_known_before_and_refused_there(scheme: SchemeProcess) -> None:
    euros, too_much = payment("e", currency="EUR"), payment("m", minor=AMOUNT_MAX.minor + 1)
    for sent, reason in ((euros, Reason.CURRENCY_NOT_ALLOWED), (too_much, Reason.AMOUNT_ABOVE_CLEARING_LIMIT)):
        assert scheme.rail.refuses(sent.amount) is reason
        assert (await scheme.rail.submit(sent)).reason is reason
    assert scheme.rail.refuses(AMOUNT_MAX) is None


async def test_an_unreadable_question_is_answered_as_such(scheme: SchemeProcess) -> None:
    host, port = scheme.address()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"{\n")
    assert msgspec.json.decode(await reader.readline())["fault"]
    writer.close()


async def test_late_answers_are_kept_until_they_are_acknowledged(scheme: SchemeProcess) -> None:
    """Also over a kill of the process. A payment that was answered at once with its end has none."""
    await fail(scheme, Effect(name="late", milliseconds=1), Effect(name="lose_answer"), Effect(name="garble"))
    for uetr in ("late", "lost", "garbled"):
        with suppress(RailSilent):
            await scheme.rail.submit(payment(uetr))
    await scheme.rail.submit(payment("at once"))
    await scheme.kill()
    await scheme.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(kept := await scheme.rail.notices()) < 3:  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.01)
    assert {each.report.uetr for each in kept} == {"late", "lost", "garbled"}
    assert {each.report.status for each in kept} == {RailStatus.CREDITED}
    assert await scheme.rail.notices() == kept
    for each in kept[:2] * 2:
        await scheme.rail.acknowledge(each.id)
    assert await scheme.rail.notices() == kept[2:]


async def test_a_scheme_that_cannot_start_is_started_again_until_it_can(
    scheme: SchemeProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its books cannot be opened for a while: the process ends before it listens."""
    monkeypatch.setattr(process, "RESTART_SECONDS", 0)
    books_file, away = books_path(FASTER_PAYMENTS, tmp_path), tmp_path / "away"
    books_file.rename(away)
    books_file.mkdir()
    keeper = asyncio.create_task(scheme.keep())
    await scheme.kill()
    with structlog.testing.capture_logs() as logged:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(entry["event"] == "scheme_not_started" for entry in logged):  # noqa: ASYNC110  a process has no event
                await asyncio.sleep(0)
            books_file.rmdir()
            away.rename(books_file)
            while True:
                with suppress(RailSilent):
                    await books(scheme)
                    break
                await asyncio.sleep(0)
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
