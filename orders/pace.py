"""The pace of a payment order: how long a worker has, how soon it asks again, and after what time no news means something."""

from dataclasses import dataclass, replace
from datetime import timedelta

LEASE_SECONDS = 30  # of a worker on one order: longer than any call of an upstream may take
FIRST_PAUSE_SECONDS = 1  # before an upstream is asked again; twice as long each time
PAUSE_SECONDS_MAX = 600  # so that an order whose end is unknown is asked for several times an hour
DOUBLINGS_MAX = 32  # of a pause: far beyond the longest
ARRIVAL_SECONDS_MAX = 60  # of a submission: afterwards it is under way nowhere, clocks of a cluster allowed for
FINAL_SECONDS_MAX = 7200  # from its submission until a payment is settled or refused; afterwards its end is unknown
RESERVED_SECONDS_MAX = 3600  # for which a bank that does not answer is asked to reserve the amount
SUBMISSIONS_MAX = 5  # of one order, each after the one before it was proven missing


@dataclass(frozen=True, slots=True, kw_only=True)
class RailPace:
    """The pace of what carries a payment. `arrival_max`: afterwards a submission is under way nowhere; `absence_after`: from a submission,
    until it counts that the rail does not know it; `final_within`: until its end must be known."""

    arrival_max: timedelta
    final_within: timedelta
    absence_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`arrival_max`, `absence_after` and `final_within` where no rail gives its own (RailPace)."""

    lease: timedelta = timedelta(seconds=LEASE_SECONDS)
    first_pause: timedelta = timedelta(seconds=FIRST_PAUSE_SECONDS)
    pause_max: timedelta = timedelta(seconds=PAUSE_SECONDS_MAX)
    arrival_max: timedelta = timedelta(seconds=ARRIVAL_SECONDS_MAX)
    absence_after: timedelta = timedelta()  # no later than a submission may arrive
    final_within: timedelta = timedelta(seconds=FINAL_SECONDS_MAX)
    reserved_within: timedelta = timedelta(seconds=RESERVED_SECONDS_MAX)
    submissions_max: int = SUBMISSIONS_MAX

    def on(self, rail: RailPace | None) -> "Pace":
        """As it is for the orders of a rail."""
        if rail is None:
            return self
        return replace(self, arrival_max=rail.arrival_max, absence_after=rail.absence_after, final_within=rail.final_within)

    def pause(self, tries: int) -> timedelta:
        """Before the next question, after `tries` that brought no news."""
        longest = self.pause_max // self.first_pause
        return self.first_pause * min(1 << min(tries, DOUBLINGS_MAX), longest)
