"""The words of a payment's result page: what its customer answered, and what comes next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    heading: str
    text: str
    tone: str  # of the page's mark: good, or info where nothing was paid


def approved(summary: str, client_name: str, *, waits: bool) -> Result:
    """`summary` is amount and payee; `waits` for others who must agree."""
    text = "Nothing is paid before everyone who must agree has agreed." if waits else f"{client_name} will now send the payment."
    return Result(f"You approved {summary}", text, "good")


def refused(summary: str, client_name: str) -> Result:
    return Result(f"You refused {summary}", f"Nothing is paid. {client_name} sees that it was refused.", "info")


def signed(*, waits: bool) -> Result:
    """Of a payment that its TPP has ordered, above all that is known of it."""
    text = (
        "It is made once everyone who must agree has agreed."
        if waits
        else "Everyone who must agree has agreed, so it is being processed."
    )
    return Result("You approved this payment", text, "good")


def unsigned(client_name: str) -> Result:
    """Of a payment that its TPP has ordered, which this customer refused."""
    return Result("You refused this payment", f"Nothing is paid. {client_name} sees that it was refused.", "info")
