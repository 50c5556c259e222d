"""A gauge of the age of each brand's signing keys."""

from consent.authorization.keys.ring import KeyRing
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry


def watch_keys(telemetry: Telemetry, clock: Clock, keys: KeyRing, brand: str) -> None:
    """Register the gauge. A rotation that does not happen breaks nothing at first, and only the age shows it."""

    def age() -> float:
        return (clock.wall() - keys.used_since(brand)).total_seconds()

    telemetry.watch("signing_key_age_seconds", "For how long the oldest signing key in use has been used.", age, brand=brand)
