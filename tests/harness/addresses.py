"""Addresses that answer what a test put there, in place of the world outside."""

from dataclasses import dataclass, field

from kernel.http.outbound.fetcher import Unanswered


@dataclass
class Addresses:
    """Stands for the kernel's Fetcher, without a network. `asked` are the addresses, in order, `owners` on whose behalf."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)

    async def get(self, url: str, bytes_max: int, *, owner: str = "") -> bytes:
        self.asked.append(url)
        self.owners.append(owner)
        page = self.pages.get(url)
        if page is None or len(page) > bytes_max:
            raise Unanswered("nothing is there")
        return page
