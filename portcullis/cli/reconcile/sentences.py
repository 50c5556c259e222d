"""The report of a reconciliation as a person reads it: first the proof of balances, then open breaks by owner, the oldest first, then what was resolved."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kernel.banking.money import Money


def say_report(brand: str, report: Mapping[str, Any]) -> Iterator[str]:
    account, proof = report["account"], report["proof"]
    yield f"{brand}: account {account['number']} of {account['rail']} at {account['agent']}, on {report['day']}"
    yield f"as of booking number {report['sequence']} and statement {report['statement'] or '(none)'}"
    yield ""
    for name, member in (
        ("opening balance", "opening"),
        ("came in", "came_in"),
        ("went out", "went_out"),
        ("closing balance", "closing"),
        ("our books", "ledger"),
        ("difference", "difference"),
    ):
        yield f"  {name:<28}{say_money(proof[member]):>20}"
    for name, amount in proof["explained"].items():
        yield f"    {'explained by ' + name.replace('_', ' '):<28}{say_money(amount):>18}"
    yield f"    {'unexplained':<28}{say_money(proof['unexplained']):>18}"
    yield ""
    yield f"{report['matched']} of {report['items']} payments are matched; in flight: {say_money(report['in_flight'])}"
    if report["clearing"] != report["in_flight"]:
        yield f"the clearing account holds {say_money(report['clearing'])}, which is not what is in flight"
    if report["quarantined"]:
        yield f"quarantined statements: {', '.join(report['quarantined'])}"
    yield from _breaks(report["breaks"])
    yield from _resolved(report["resolved"])


def _breaks(breaks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Those of no one first, and of each owner the oldest first."""
    yield ""
    yield f"{len(breaks)} open breaks" if breaks else "no breaks"
    owners = sorted({each["broken"]["owner"] for each in breaks})
    for owner in owners:
        mine = [each for each in breaks if each["broken"]["owner"] == owner]
        yield f"of {owner} ({len(mine)}):" if owner else f"of no one yet ({len(mine)}):"
        for aged in mine:
            broken = aged["broken"]
            summary = {**broken, "effect_minor": broken["effect"]["minor"], "currency": broken["effect"]["currency"]}
            yield from say_break({**summary, "severity": aged["severity"], "age": aged["age"]})


def _resolved(breaks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not breaks:
        return
    yield ""
    yield f"resolved today ({len(breaks)}):"
    for broken in breaks:
        proposal = broken["proposal"]
        people = " and ".join(dict.fromkeys((proposal["by"], broken["approved_by"])))
        yield f"{broken['id']}  {broken['kind']} {say_money(broken['effect'])}, {_how(proposal)}, by {people}: {proposal['reason']}"


def _how(proposal: Mapping[str, Any]) -> str:
    if proposal["against"]:
        return f"against {proposal['against']}"
    return "the statement is discarded" if proposal["discards"] else "as it is"


def say_break(broken: Mapping[str, Any]) -> Iterator[str]:
    """One line, and what may be done about it."""
    amount = say_money({"minor": broken["effect_minor"], "currency": broken["currency"]})
    age = (
        f", {broken['age']} business day{'' if broken['age'] == 1 else 's'} old"
        if "age" in broken
        else f", since {broken['first_seen']}"
    )
    owner = f", {broken['owner']} takes care of it" if broken["owner"] else ""
    yield f"{broken['id']}  {broken['kind']} {amount} ({broken['severity']}{age}; {broken['state']}{owner})"
    yield f"    {broken['detail']}"
    yield f"    {broken['action']}"
    if broken["state"] == "proposed" and isinstance(broken.get("proposal"), str):
        how = _how(broken)
        yield f"    proposal {broken['proposal']} of {broken['proposed_by']}: {how}, {broken['reason']}"


def say_money(amount: Mapping[str, Any]) -> str:
    money = Money(amount["currency"], amount["minor"])
    return f"{'-' if money.minor < 0 else ''}{money.decimal()} {money.currency}"
