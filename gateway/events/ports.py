"""The ports of notices: the package that keeps them, and who says where a client may be notified."""

from collections.abc import Collection
from typing import Protocol

from kernel.banking.notices import Poll, PolledNotices, Subscription, SubscriptionForm, SubscriptionTerms
from kernel.brand import Brand


class Notices(Protocol):
    """Notices to clients. The package of notices satisfies it."""

    async def subscribe(self, brand: Brand, client_id: str, terms: SubscriptionTerms) -> Subscription:
        """Raises SubscriptionExists: a client has one."""
        ...

    async def subscription(self, brand: Brand, client_id: str, form: SubscriptionForm) -> Subscription | None:
        """The client's, if it is of this form."""
        ...

    async def change(self, brand: Brand, client_id: str, subscription_id: str, terms: SubscriptionTerms) -> Subscription:
        """Raises SubscriptionUnknown, also for another client's."""
        ...

    async def end(self, brand: Brand, client_id: str, subscription_id: str, form: SubscriptionForm) -> None:
        """Raises SubscriptionUnknown, also for another client's."""
        ...

    async def poll(self, brand: Brand, client_id: str, poll: Poll) -> PolledNotices:
        """End what the client has got, and return what it has not, waiting for it a bounded time where the poll waits."""
        ...

    async def set_aside(self, brand: Brand, client_id: str, unrendered: Collection[str]) -> None:
        """End those that this server cannot put into words: they hold up no other."""
        ...


class Callbacks(Protocol):
    """The addresses at which clients may be notified."""

    async def refusal_of(self, brand: Brand, client_id: str, url: str) -> str:
        """Why the client's notices may not be sent to this address, for the log; "" if they may."""
        ...
