"""The commands of reconciliation: import what a rail or a bank stated, compare it with the bank's own books, and act on what differs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from portcullis.cli.control_client import ServerRefused
from portcullis.cli.requests import HERE, AsJson, Where, Who, answer_of_one, print_answer, print_lines

reconcile = App(name="reconcile", help="Statements of others against the bank's own books, and what differs.")
breaks = App(name="breaks", help="What differs: list it, and resolve it.")
reconcile.command(breaks)


@reconcile.command(name="import")
def import_file(file: Path, *, who: Who, account: str = "", where: Where = HERE) -> None:
    """Import statements (camt.053), payments that came back (pacs.004), recalls (camt.056) or refusals of them (camt.029). The same file again changes nothing.

    Parameters
    ----------
    file
        a document of ISO 20022.
    account
        the number of the settlement account of its rail, where a return or recall does not say by which it came.
    """
    try:
        document = file.read_bytes()
    except OSError as error:
        raise ServerRefused(f"file: {error}") from None
    if not document:
        raise ServerRefused(f"file: {file} is empty")
    asked = {"account": account} if account else {}
    for kept in where.act("/reconcile/import", asked, who, document=document).values():
        print_lines(f"{each['id']}  {each['verdict']}{'' if each['is_new'] else ' (known)'}" for each in kept)


@reconcile.command
def run(*, who: Who, as_json: AsJson = False, where: Where = HERE) -> None:
    """Settle the cycles that have closed, compare, and print the report: the proof of balances, then what differs, by age.

    Parameters
    ----------
    as_json
        print one JSON document.
    """
    _say_reports(where.act("/reconcile/run", {}, who), as_json=as_json)


@reconcile.command
def report(*, as_json: AsJson = False, where: Where = HERE) -> None:
    """Print the report of the books as they are, and change nothing: balances first, then open breaks by owner and age, then what was
    resolved today.

    Parameters
    ----------
    as_json
        print one JSON document.
    """
    _say_reports(where.ask("/reconcile/report", {}), as_json=as_json)


@breaks.command(name="list")
def list_breaks(
    *,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    as_json: AsJson = False,
    where: Where = HERE,
) -> None:
    """List the breaks that are open.

    Parameters
    ----------
    every
        those that are resolved or cleared, too.
    as_json
        print one JSON document.
    """
    from portcullis.cli.reconcile.sentences import say_break  # noqa: PLC0415  a command loads what it needs

    found = where.ask("/reconcile/breaks", {"all": "yes"} if every else {})
    print_answer(found, (line for listed in found.values() for each in listed for line in say_break(each)), as_json=as_json)


@breaks.command
def assign(broken: str, owner: str, *, who: Who, where: Where = HERE) -> None:
    """Say who takes care of a break.

    Parameters
    ----------
    broken
        its id.
    owner
        who takes care of it.
    """
    _act_on("assign", where, {"break": broken, "owner": owner}, who)


@breaks.command
def propose(
    broken: str,
    *,
    reason: str,
    who: Who,
    against: str = "",
    where: Where = HERE,
) -> None:
    """Propose to resolve a break: a difference by an entry, anything else as it is. Above 10.00 in
    all that you resolve on a day, another operator must approve.

    Parameters
    ----------
    broken
        its id.
    reason
        why, and what was seen.
    against
        the account that takes the other side of the entry: suspense, charges, income or returns.
    """
    _act_on("propose", where, {"break": broken, "reason": reason, "against": against}, who)


@breaks.command
def discard(broken: str, *, reason: str, who: Who, where: Where = HERE) -> None:
    """Propose to discard the wrong statement that a break is about, so that the right one is admitted. Another operator must approve.

    Parameters
    ----------
    broken
        its id.
    reason
        why, and what was seen.
    """
    _act_on("discard", where, {"break": broken, "reason": reason}, who)


@breaks.command
def approve(broken: str, proposal: str, *, who: Who, where: Where = HERE) -> None:
    """Approve what another operator proposed (the one who did is refused): its entry is booked, or its statement discarded.

    Parameters
    ----------
    broken
        its id.
    proposal
        the name of the proposal that you read in the list of breaks: no other is approved.
    """
    _act_on("approve", where, {"break": broken, "proposal": proposal}, who)


def _say_reports(reports: Mapping[str, Any], *, as_json: bool) -> None:
    from portcullis.cli.reconcile.sentences import say_report  # noqa: PLC0415  a command loads what it needs

    lines = (line for name, found in reports.items() for each in found for line in say_report(name, each))
    print_answer(reports, lines, as_json=as_json)


def _act_on(name: str, where: Where, asked: Mapping[str, str], who: Who) -> None:
    made = answer_of_one(where.act(f"/reconcile/{name}", asked, who), f"break: there is no break {asked['break']}")
    entry = f", entry {made['entry']}" if made["entry"] else ""
    print_lines([f"{made['id']} is {made['state']}{entry}"])
