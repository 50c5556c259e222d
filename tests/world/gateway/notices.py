"""The gateway's neighbours for notices: one subscription of a client, and notices that are always the same."""

from collections.abc import Collection
from dataclasses import dataclass, field

from kernel.banking.notices import (
    Notice,
    NoticeKind,
    Poll,
    PolledNotices,
    SubjectKind,
    Subscription,
    SubscriptionForm,
    SubscriptionTerms,
)
from kernel.brand import Brand
from kernel.errors import SubscriptionExists, SubscriptionUnknown
from tests.world.brands import START

NOTICE = Notice(
    id="5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55",
    client_id="client-1",
    kind=NoticeKind.CONSENT_STOPPED,
    subject=SubjectKind.CONSENT,
    subject_id="consent-1",
    subject_version=3,
    product="accounts",
    occurred_at=START,
    made_at=START,
    lodged_as="uk_obie/v4.0",
)


@dataclass
class Notices:
    kept: dict[str, Subscription] = field(default_factory=dict)

    async def subscribe(self, brand: Brand, client_id: str, terms: SubscriptionTerms) -> Subscription:
        if client_id in self.kept:
            raise SubscriptionExists
        self.kept[client_id] = Subscription(id=NOTICE.id, client_id=client_id, terms=terms, created_at=START)
        return self.kept[client_id]

    async def subscription(self, brand: Brand, client_id: str, form: SubscriptionForm) -> Subscription | None:
        return self.kept.get(client_id)

    async def change(self, brand: Brand, client_id: str, subscription_id: str, terms: SubscriptionTerms) -> Subscription:
        await self.end(brand, client_id, subscription_id, terms.form)
        return await self.subscribe(brand, client_id, terms)

    async def end(self, brand: Brand, client_id: str, subscription_id: str, form: SubscriptionForm) -> None:
        if client_id not in self.kept or self.kept[client_id].id != subscription_id:
            raise SubscriptionUnknown(subscription_id)
        del self.kept[client_id]

    async def poll(self, brand: Brand, client_id: str, poll: Poll) -> PolledNotices:
        return PolledNotices(notices=(NOTICE,)[: poll.most], has_more=not poll.most)

    async def set_aside(self, brand: Brand, client_id: str, unrendered: Collection[str]) -> None:
        raise AssertionError(unrendered)  # every notice here has words


class Callbacks:
    async def refusal_of(self, brand: Brand, client_id: str, url: str) -> str:
        return "" if url.startswith("https://tpp.example/") else "another's"
