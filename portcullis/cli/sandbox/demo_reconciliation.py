"""The bank's own side of the demo: a statement of the scheme's account, a charge that the books lack, and two operators who resolve it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kernel.banking.money import Money
from kernel.clock import SystemClock
from orders.reconciliation.statement import Balance, Booked, Kind, References, Statement
from plugins.rails.faster_payments.cycles import CYCLES
from plugins.rails.faster_payments.rules import ACCOUNT
from plugins.rails.iso20022.statement_writer import write_statement
from portcullis.cli.control_client import ServerRefused
from portcullis.cli.operator_commands import Signer, act_in_sandbox, command_sandbox
from portcullis.cli.reconcile.sentences import say_report
from portcullis.compose.keys.operator_keys import load_operator_key
from portcullis.settings.schema import Settings

CHARGE = Money("GBP", -1_250)  # more than one operator may resolve alone


class ReconciliationFailed(ServerRefused):
    """The books did not come to what they must."""


class DemoReconciliation:
    """Ann proposes, Bea approves. Each step returns what is to be said of it."""

    def __init__(self, state_dir: Path) -> None:
        self._settings = msgspec.structs.replace(Settings(), state_dir=state_dir)
        self._signers = {
            name: Signer(name=name, key=load_operator_key(state_dir / "operators" / f"{name}.key")) for name in ("ann", "bea")
        }

    async def state(self) -> str:
        """The name of a statement of the last day on which the scheme settled: it has a charge, and no payment yet."""
        statement = _statement()
        (kept,) = await self._act("ann", "/reconcile/import", {}, write_statement(statement))
        if kept["verdict"] != "admitted":
            raise ReconciliationFailed(f"the statement is {kept['verdict']}")
        return statement.id

    async def compare(self) -> Mapping[str, Any]:
        """The one break that a run finds."""
        await self._act("ann", "/reconcile/run", {})
        report = await self._report()
        if [each["broken"]["kind"] for each in report["breaks"]] != ["charges"]:
            raise ReconciliationFailed(f"the report has the breaks {[each['broken']['kind'] for each in report['breaks']]}")
        broken: Mapping[str, Any] = report["breaks"][0]["broken"]
        return broken

    async def resolve(self, broken: Mapping[str, Any]) -> str:
        """The entry of the resolution."""
        reason = {"break": broken["id"], "reason": "the tariff of the scheme, archive 4711", "against": "charges"}
        proposed = await self._act("ann", "/reconcile/propose", reason)
        read = {"break": broken["id"], "proposal": proposed["proposal"]}
        try:
            await self._act("ann", "/reconcile/approve", read)
        except ServerRefused:
            approved = await self._act("bea", "/reconcile/approve", read)
            if (proposed["state"], approved["state"]) == ("proposed", "resolved"):
                return str(approved["entry"])
        raise ReconciliationFailed("a difference was not resolved by two operators, and by two alone")

    async def say(self) -> Iterator[str]:
        """The report as `portcullis reconcile report` prints it."""
        report = await self._report()
        if report["breaks"] or report["proof"]["unexplained"]["minor"]:
            raise ReconciliationFailed("the books and the statement differ still")
        return say_report("main", report)

    async def _report(self) -> Mapping[str, Any]:
        (report,) = [
            each
            for each in (await command_sandbox(self._settings, "/reconcile/report", "main"))["main"]
            if each["account"]["number"] == ACCOUNT.number
        ]
        found: Mapping[str, Any] = report
        return found

    async def _act(self, who: str, path: str, asked: Mapping[str, str], document: bytes = b"") -> Any:
        made = await act_in_sandbox(self._settings, path, "main", asked, signer=self._signers[who], document=document)
        return made["main"]


def next_cycle() -> datetime:
    """The moment at which the payments of now are settled, in the time of everyone."""
    return CYCLES.cycle_of(SystemClock().wall()).closes_at.astimezone(UTC)


def _statement() -> Statement:
    day = SystemClock().wall().date() - timedelta(days=1)
    while not CYCLES.is_business_day(day):
        day -= timedelta(days=1)
    nothing, references = Money(CHARGE.currency, 0), References(servicer=f"CHARGES-{day}")
    return Statement(
        kind=Kind.STATEMENT,
        id=f"BOE-{day}",
        account=ACCOUNT.number,
        currency=ACCOUNT.currency,
        created_at=datetime.combine(day, datetime.min.time(), UTC),
        sequence=1,
        opening=Balance(amount=nothing, day=day),
        closing=Balance(amount=CHARGE, day=day),
        entries=(Booked(amount=CHARGE, booked_on=day, value_on=day, references=references),),
    )
