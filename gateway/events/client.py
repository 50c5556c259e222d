"""The client whose notices a call is about, and whether they may be sent to the address that it names."""

from gateway.events.ports import Callbacks
from gateway.pipeline.exchange import Exchange, present
from kernel.banking.notices import SubscriptionTerms
from kernel.errors import FieldInvalid


def client_of(exchange: Exchange) -> str:
    """The calling client: a token of its own authority has one."""
    return present(present(exchange.caller).client_id)


async def check_callback(callbacks: Callbacks, exchange: Exchange, terms: SubscriptionTerms, path: str) -> None:
    """Judge the address before it is stored. Raises FieldInvalid."""
    if terms.callback_url is None:
        return
    refusal = await callbacks.refusal_of(exchange.brand, client_of(exchange), terms.callback_url)
    if refusal:
        public = "The address may not be asked: its host must be public, and one that the client has registered."
        raise FieldInvalid(refusal, public=public, path=path)
