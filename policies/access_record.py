"""Record each access: caller, operation, accounts, instant and outcome. No data leaves unless its record was accepted; refusals are
counted (gateway/pipeline/refusals.py)."""

from dataclasses import dataclass

from gateway.pipeline.account_path import account_parameter
from gateway.pipeline.exchange import Exchange
from gateway.ports import Access, AccessRecords
from kernel.errors import Overloaded, RateExceeded
from kernel.http.message import Response
from openapi.dialect import Row

ALLOWED = "allowed"


@dataclass(frozen=True)
class AccessRecord:
    records: AccessRecords
    refusals: AccessRecords
    name = "access_record"

    def applies(self, row: Row) -> bool:
        return True

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if exchange.token is None and exchange.caller is None:
            return  # a stranger has read no data, and must not fill the queue
        refused = exchange.problem is not None
        try:
            (self.refusals if refused else self.records).record(access_of(exchange, response))
        except Overloaded:
            if not refused and exchange.row.method == "GET":
                raise  # a change has its own entry in the journal, and a refusal returned no data


def access_of(exchange: Exchange, response: Response) -> Access:
    """The record of a call by a known caller, or by one of whom only the token is known."""
    caller, token = exchange.caller, exchange.token
    client_id = token.client_id if token else ""
    return Access(
        brand=exchange.brand.name,
        operation=exchange.row.operation.value,
        dialect=exchange.dialect.name,
        caller_id=caller.id if caller else client_id,
        actor=caller.actor if caller else f"client:{client_id}",
        consent_id=_consent_id(exchange),
        psu_present=exchange.psu_present,
        account_ids=_accounts_of(exchange),
        status=response.status,
        outcome=exchange.problem.code if exchange.problem else ALLOWED,
        at=exchange.received_at,
        interaction_id=exchange.interaction_id,
        milliseconds=exchange.milliseconds,
        rule=exchange.problem.rule if isinstance(exchange.problem, RateExceeded) else "",
    )


def _consent_id(exchange: Exchange) -> str:
    """The consent that was found; of a call that a token's own facts refused, the token's."""
    if exchange.consent is not None:
        return exchange.consent.id
    return (exchange.token.consent_id or "") if exchange.token else ""


def _accounts_of(exchange: Exchange) -> tuple[str, ...]:
    """The accounts whose data was returned: the one that the path names, or all that the consent opens for the operation."""
    if exchange.consent is None or exchange.problem is not None:
        return ()
    parameter = account_parameter(exchange.row)
    if parameter is not None:
        return (exchange.path[parameter],)
    return tuple(each.account.id for each in exchange.consent.opened(exchange.row.permissions))
