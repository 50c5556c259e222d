"""The commands of events that a receiver went on refusing: they are parked, and each holds up its own consent or payment in that sink."""

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from portcullis.cli.requests import HERE, Where, Who

events = App(name="events", help="Events whose delivery waits for a person: to a sink of the bank, or to a TPP.")
console = Console(highlight=False)


@events.command(name="list")
def list_parked(sink: str = "", *, where: Where = HERE) -> None:
    """List what is parked: since when, why, and how many events wait behind it.

    Parameters
    ----------
    sink
        of this sink alone.
    """
    for name, parked in where.ask("/events/parked", {"sink": sink}).items():
        if not parked:
            console.print(f"[bold]{name}[/]  nothing is parked", soft_wrap=True)
        for each in parked:
            console.print(
                f"[bold]{name}[/]  {each['sink']}  {escape(each['aggregate_id'])}  {each['kind']} (event {escape(each['event_id'])}) since "
                f"{each['parked_at']} after {each['attempts']} attempts: {escape(each['reason'])}; waiting: {each['waiting']}",
                soft_wrap=True,
            )


@events.command
def release(sink: str, aggregate: str = "", *, who: Who, where: Where = HERE) -> None:
    """Let what is parked go on, in its order, once its receiver can take it.

    Parameters
    ----------
    sink
        whose events.
    aggregate
        of this consent or payment alone (default: all of the sink).
    """
    for name, released in where.act("/events/release", {"sink": sink, "aggregate": aggregate}, who).items():
        console.print(f"[bold]{name}[/]  {released} released to {escape(sink)}", soft_wrap=True)


@events.command
def forget(sink: str, *, who: Who, where: Where = HERE) -> None:
    """Forget a sink that was taken out of the configuration of every server: what it has not received is dropped.

    Parameters
    ----------
    sink
        by its name.
    """
    for name, dropped in where.act("/events/forget", {"sink": sink}, who).items():
        console.print(
            f"[bold]{name}[/]  {escape(sink)} is forgotten; consents and payments with events it did not receive: {dropped}",
            soft_wrap=True,
        )


@events.command
def resend(client: str, *, who: Who, hours: int = 0, where: Where = HERE) -> None:
    """Send a TPP the notices again that it has not got; an address that was given up is asked again. Their ids stay the same.

    Parameters
    ----------
    client
        by its client_id.
    hours
        also what it got or could not take in the last so many hours, at most seven days.
    """
    for name, waiting in where.act("/events/resend", {"client": client, "hours": str(hours)}, who).items():
        text = "has no subscription" if waiting is None else f"is sent {waiting} notices, or finds them at its next poll"
        console.print(f"[bold]{name}[/]  {escape(client)} {text}", soft_wrap=True)
