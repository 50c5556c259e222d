"""The commands of recalls: ask for a payment that was made, and answer other banks that ask for one of theirs."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from portcullis.cli.requests import HERE, AsJson, Flag, Where, Who, answer_of_one, print_answer, print_lines

recalls = App(name="recalls", help="Payments that a bank asks back: ask, list, decide, and write the messages.")


@recalls.command
def ask(order: str, *, reason: str, who: Who, where: Where = HERE) -> None:
    """Ask for the payment of an order back. A payment is recalled once.

    Parameters
    ----------
    order
        its id.
    reason
        DUPL (sent twice), TECH (a technical error), FRAD (fraud) or CUST (our customer asks).
    """
    _say(where.act("/recalls/ask", {"order": order, "reason": reason}, who), order)


@recalls.command(name="list")
def list_recalls(
    *,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    as_json: AsJson = False,
    where: Where = HERE,
) -> None:
    """List the recalls that are open, those that have been in their state longest first.

    Parameters
    ----------
    every
        also those that have ended.
    as_json
        print one JSON document.
    """
    found = where.ask("/recalls/list", {"all": "yes"} if every else {})
    print_answer(
        found, (line for of_brand in found.values() for recall in of_brand for line in _sentences(recall)), as_json=as_json
    )


@recalls.command
def show(recall: str, *, as_json: AsJson = False, where: Where = HERE) -> None:
    """Show a recall with its history.

    Parameters
    ----------
    recall
        its id.
    as_json
        print one JSON document.
    """
    found = _made(where.ask("/recalls/show", {"recall": recall}), recall)
    history = (f"    {each['at']}  {each['event']} by {each['by']}" for each in found["history"])
    print_answer(found, chain(_sentences(found), history), as_json=as_json)


@recalls.command
def agree(
    recall: str,
    *,
    entry: str,
    ground: str,
    who: Who,
    payee_agreed: Flag = False,
    where: Where = HERE,
) -> None:
    """Propose to send a payment back that another bank asks for. Another operator must approve.

    Parameters
    ----------
    recall
        its id.
    entry
        the entry of the ledger by which the payee received the payment.
    ground
        why it may go back: the bank's duty, or how the payee agreed.
    payee_agreed
        the payee agreed; for FRAD and CUST the scheme wants it.
    """
    agreed = {"payee_agreed": "yes"} if payee_agreed else {}
    asked = {"recall": recall, "entry": entry, "ground": ground, **agreed}
    _say(where.act("/recalls/agree", asked, who), recall)


@recalls.command
def approve(recall: str, version: int, *, who: Who, where: Where = HERE) -> None:
    """Approve what another operator proposed (the one who did is refused): the payment is taken from its payee at once, and sent back.

    Parameters
    ----------
    recall
        its id.
    version
        that of the proposal that you read in the list of recalls: no other is approved.
    """
    asked = {"recall": recall, "version": str(version)}
    _say(where.act("/recalls/approve", asked, who), recall)


@recalls.command
def refuse(recall: str, *, code: str, ground: str, who: Who, where: Where = HERE) -> None:
    """Refuse to send a payment back.

    Parameters
    ----------
    recall
        its id.
    code
        CUST, LEGL, NOAS, AC04, AM04, ARDT or NOOR.
    ground
        why, and what was seen.
    """
    asked = {"recall": recall, "code": code, "ground": ground}
    _say(where.act("/recalls/refuse", asked, who), recall)


@recalls.command(name="give-up")
def give_up(recall: str, *, ground: str, who: Who, where: Where = HERE) -> None:
    """Wait no longer for the answer to a recall of ours. A payment that comes back later is booked all the same.

    Parameters
    ----------
    recall
        its id.
    ground
        why.
    """
    asked = {"recall": recall, "ground": ground}
    _say(where.act("/recalls/give-up", asked, who), recall)


@recalls.command
def message(recall: str, file: Path, *, where: Where = HERE) -> None:
    """Write the message of a recall for the rail: the question (camt.056), the refusal (camt.029) or the return (pacs.004).

    Parameters
    ----------
    recall
        its id.
    file
        where to write the document of ISO 20022.
    """
    made = _made(where.ask("/recalls/message", {"recall": recall}), recall)
    file.write_text(made["document"], encoding="utf-8")
    print_lines([f"{file} is written"])


def _sentences(recall: Mapping[str, Any]) -> Iterator[str]:
    from portcullis.cli.reconcile.sentences import say_money  # noqa: PLC0415  a command loads what it needs

    amount = say_money({"minor": recall["amount_minor"], "currency": recall["currency"]})
    yield f"{recall['id']}  {recall['state']}: {recall['direction']}, {amount} for {recall['reason']} by {recall['rail']}"
    about = f"order {recall['order']}" if recall["order"] else f"case {recall['case']} of {recall['asked_by']}"
    yield f"    {about}, payment {recall['uetr']}; since {recall['since']}, an answer is due by {recall['answer_by']}"
    if proposal := recall["proposal"]:
        agreed = ", the payee agreed" if proposal["payee_agreed"] else ""
        yield f"    version {proposal['version']} is to agree, by {proposal['by']}: entry {proposal['entry']}{agreed}; {proposal['ground']}"


def _made(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    return answer_of_one(found, f"recall: nothing here is known by {name}")


def _say(found: Mapping[str, Any], name: str) -> None:
    print_lines(_sentences(_made(found, name)))
