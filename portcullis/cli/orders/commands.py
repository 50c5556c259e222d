"""The commands of payment orders: list them, show one, explain what became of it, and record what the bank's own people decide."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from portcullis.cli.control_client import ServerRefused
from portcullis.cli.requests import HERE, AsJson, Flag, Where, Who, answer_of_one, print_answer

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_AGE = re.compile(r"(\d{1,6})([smhd])", re.ASCII)

Names = Annotated[list[str] | None, Parameter(negative="")]

orders = App(name="orders", help="Payment orders: what became of each, and what people decide.")
console = Console(highlight=False)


@orders.command(name="list")
def list_orders(
    *,
    state: Names = None,
    older: str = "",
    consent: str = "",
    tpp: str = "",
    instructions: Flag = False,
    as_json: AsJson = False,
    where: Where = HERE,
) -> None:
    """List payment orders, those that have been in their state longest first: 200 at most.

    Parameters
    ----------
    state
        of this state; may be given several times (default: every state that is not an end; `all` for all).
    older
        in their state for at least so long: 90s, 15m, 2h, 3d.
    consent
        under this consent.
    tpp
        of this client, or of this organisation.
    instructions
        list instructions to make several payments (standing orders) instead; each payment that one makes is an order.
    as_json
        print one JSON document.
    """
    from portcullis.cli.orders.instruction_sentences import say_instructions  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.orders.sentences import say_listing  # noqa: PLC0415

    asked = {"state": ",".join(state or ()), "older": str(_seconds(older)), "consent": consent, "tpp": tpp}
    found = where.ask("/orders/list", asked | ({"instructions": "yes"} if instructions else {}))
    say = say_instructions if instructions else say_listing
    print_answer(found, (f"{name}  {line}" for name, listed in found.items() for line in say(listed)), as_json=as_json)


@orders.command
def show(
    order: str,
    *,
    as_json: AsJson = False,
    where: Where = HERE,
) -> None:
    """Show one payment order as it is now, or one instruction with its last payments.

    Parameters
    ----------
    order
        its id.
    as_json
        print one JSON document.
    """
    from portcullis.cli.orders.instruction_sentences import say_instruction  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.orders.sentences import say_details  # noqa: PLC0415

    shown = _of_one("/orders/show", where, {"order": order})
    print_answer(shown, say_instruction(shown) if "executions" in shown else say_details(shown), as_json=as_json)


@orders.command
def explain(
    order: str,
    *,
    as_json: AsJson = False,
    where: Where = HERE,
) -> None:
    """Say in sentences what became of a payment order: each event, what was sent and received, its entry in the books, who was notified. Of an
    instruction: each event, the payments that it ordered, who was notified.

    Parameters
    ----------
    order
        its id.
    as_json
        print one JSON document.
    """
    from portcullis.cli.orders.instruction_sentences import explain_instruction  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.orders.sentences import explain_story  # noqa: PLC0415

    story = _of_one("/orders/explain", where, {"order": order})
    print_answer(story, explain_instruction(story) if "instruction" in story else explain_story(story), as_json=as_json)


@orders.command
def decide(
    order: str,
    verdict: str,
    *,
    evidence: str,
    who: Who,
    reason: str = "",
    where: Where = HERE,
) -> None:
    """Decide on an order whose end is unknown, or that is held for review. The bank is asked first: while it answers, its word counts, and
    the decision is refused. An end that only the bank could name is proposed, and another operator approves it.

    Parameters
    ----------
    order
        its id.
    verdict
        settled or rejected; passed lets an order that is held for review go on.
    evidence
        what was seen, and where it is kept; it becomes part of the order's story.
    reason
        why it is rejected, as a code of ISO 20022 such as AC04.
    """
    asked = {"order": order, "verdict": verdict, "evidence": evidence, "reason": reason}
    decided = _act_on("/orders/decide", where, asked, who)
    _say(decided)
    if decided["waits"]:
        text = f"proposed; another operator approves it: orders approve {decided['id']} {decided['version']} --operator NAME"
        console.print(escape(text), soft_wrap=True)


@orders.command
def approve(order: str, version: int, *, who: Who, where: Where = HERE) -> None:
    """Approve the end of an order that another operator proposed (the one who did is refused); `orders explain` shows it. The bank is asked first, as by `orders decide`.

    Parameters
    ----------
    order
        its id.
    version
        the version of the order that proposes the end.
    """
    _say(_act_on("/orders/approve", where, {"order": order, "version": str(version)}, who))


@orders.command
def hold(order: str, *, who: Who, reason: str, where: Where = HERE) -> None:
    """Put an order under review that is accepted and not handed on yet. It waits for `orders decide`, until the end of the fourth business
    day after it was received: then it is refused.

    Parameters
    ----------
    order
        its id.
    reason
        why, for the bank's own people; it becomes part of the order's story, and no customer or TPP reads it.
    """
    _say(_act_on("/orders/hold", where, {"order": order, "reason": reason}, who))


def _say(order: Mapping[str, Any]) -> None:
    console.print(f"{escape(order['id'])} is {order['state']} (version {order['version']})", soft_wrap=True)


def _of_one(path: str, where: Where, asked: Mapping[str, str]) -> dict[str, Any]:
    return _found(where.ask(path, asked), asked["order"])


def _act_on(path: str, where: Where, asked: Mapping[str, str], who: Who) -> dict[str, Any]:
    return _found(where.act(path, asked, who), asked["order"])


def _found(answers: Mapping[str, Any], order: str) -> dict[str, Any]:
    return answer_of_one(answers, f"order: there is no order {order}")


def _seconds(age: str) -> int:
    match = _AGE.fullmatch(age)
    if age and match is None:
        raise ServerRefused("older: write a number and a unit, such as 15m, 2h or 3d")
    return 0 if match is None else int(match[1]) * UNIT_SECONDS[match[2]]
