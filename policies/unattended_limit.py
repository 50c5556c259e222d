"""Refuse more accesses without the PSU than four in 24 hours, or as many as the consent says and the brand allows: counted per consent,
account and operation; further pages are part of the access that began their listing. Commission Delegated Regulation (EU) 2018/389
article 36(5)(b).

A further page that is requested again, for instance after a lost answer, is free too. It is no way around the limit: a link is bound to
the read that issued it, lasts for a day from the first page, and continues after a row that was sent. Where the PSU asked for the first
page, so that it was not counted, a link goes on without them for a short while alone (gateway/accounts/pages/listing.py). A newer record
sorts before that row, or, among transactions, after the moment at which the listing began: to read it a caller must begin a new listing,
which is counted. The rate limit bounds how often a link is used."""

from dataclasses import dataclass

from gateway.accounts.pages.listing import is_part_of_an_access
from gateway.pipeline.account_path import account_parameter
from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.quota import check_quota
from kernel.access import Grant
from kernel.hot_state.checks import WithinCount
from kernel.hot_state.subjects import unattended_key
from kernel.storage.cursor import CursorSealer
from openapi.dialect import Row

ACCESSES_PER_DAY = 4  # accesses a day without the PSU, of one consent, account and operation: RTS article 36(5)
DAY_SECONDS = 86_400  # over which accesses without the PSU are counted


@dataclass(frozen=True, slots=True)
class Unattended:
    """At most `limit` accesses per `window_seconds`, unless the consent has another number per day."""

    limit: int = ACCESSES_PER_DAY
    window_seconds: int = DAY_SECONDS


@dataclass(frozen=True)
class UnattendedLimit:
    unattended: Unattended
    cursors: CursorSealer
    name = "unattended_limit"

    def applies(self, row: Row) -> bool:
        return bool(row.permissions) and row.grant is Grant.AUTHORIZATION_CODE

    async def on_request(self, exchange: Exchange) -> None:
        if not self._is_free(exchange):
            exchange.checks.append(self._check(exchange))

    def on_decision(self, exchange: Exchange) -> None:
        if not self._is_free(exchange):
            check_quota(exchange, self._check(exchange))

    def _is_free(self, exchange: Exchange) -> bool:
        """The PSU asked, or this is a later page of what was counted or asked for."""
        return exchange.psu_present or is_part_of_an_access(self.cursors, exchange)

    def _check(self, exchange: Exchange) -> WithinCount:
        consent, parameter = present(exchange.consent), account_parameter(exchange.row)
        account_id = exchange.path[parameter] if parameter else ""
        key = unattended_key(exchange.brand.name, consent.id, account_id, exchange.row.operation)
        agreed = exchange.brand.granted_frequency(consent.frequency_per_day)
        if agreed is not None:
            return WithinCount(key, agreed, DAY_SECONDS)
        return WithinCount(key, self.unattended.limit, self.unattended.window_seconds)
