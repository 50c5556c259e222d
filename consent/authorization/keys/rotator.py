"""Succeed a brand's signing keys on schedule: one singleton per brand, under a lease, each write fenced."""

from dataclasses import dataclass

from consent.authorization.keys.rotation import change_keys
from consent.authorization.keys.schedule import plan_due
from consent.services import Services
from kernel.brand import Brand
from kernel.storage.lease import Lease

ROTATE_EVERY_SECONDS = 60.0  # between two looks for keys that are due


@dataclass(frozen=True, slots=True)
class KeyRotator:
    """`run` is the work of a singleton (kernel/storage/lease.py)."""

    services: Services
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Make the changes of keys that are due, which is almost always none. Raises LeaseLost, or KeyStoreFailed: then the present keys
        stay."""
        clock, schedule = self.services.clock, self.services.settings.key_schedule
        await change_keys(
            self.services,
            self.brand.name,
            lambda keys: plan_due(keys, clock.wall(), schedule),
            kind="keys.rotated",
            actor="system",
            guard=lease.check_fence,
        )
