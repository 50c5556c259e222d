"""The questions to the simulated scheme and its answers: one line of JSON each, over one connection a question."""

import msgspec

from plugins.rails.ports import RailNotice, RailPayment, RailReport

LINE_BYTES_MAX = 65_536  # of a question, and of an answer


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    payment: RailPayment


class AskStatus(msgspec.Struct, frozen=True, tag="status"):
    uetr: str


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that the next `times` submissions meet. `milliseconds` is of a delay, or until a late payment is settled."""

    name: str
    times: int = 1
    milliseconds: int = 0


class SetEffects(msgspec.Struct, frozen=True, tag="effects"):
    """Replace the faults that are still to come."""

    effects: tuple[Effect, ...]


class ListPayments(msgspec.Struct, frozen=True, tag="payments"):
    """The books: every payment that came, oldest first, after `after` of them."""

    after: int = 0


class ListNotices(msgspec.Struct, frozen=True, tag="notices"):
    """The late answers that are not acknowledged, oldest first."""


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    notice_id: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in the books. `submissions`: how often it was handed in; it was carried out once at most."""

    payment: RailPayment
    report: RailReport
    submissions: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to every question. `fault`: why it could not be answered."""

    report: RailReport | None = None
    payments: tuple[Recorded, ...] = ()
    notices: tuple[RailNotice, ...] = ()
    fault: str = ""


Question = Submit | AskStatus | SetEffects | ListPayments | ListNotices | Acknowledge
