"""Read how far the authorisations of a consent have come: all of them, oldest first, or one."""

from dataclasses import dataclass

from gateway.consents.named_consent import load_named
from gateway.pipeline.exchange import Exchange
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.authorisations import AuthorisationState
from kernel.errors import AuthorisationUnknown
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadAuthorisations:
    consents: Consents
    operations = (Operation.READ_CONSENT_AUTHORISATIONS, Operation.READ_CONSENT_AUTHORISATION)

    async def run(self, exchange: Exchange) -> tuple[AuthorisationState, ...]:
        """Raises ConsentUnknown and AuthorisationUnknown."""
        command: commands.ReadAuthorisations = exchange.command
        consent = await load_named(self.consents, exchange, command.consent_id)
        found = await self.consents.authorisation_states(exchange.brand, consent)
        if command.authorisation_id is None:
            return found
        named = tuple(each for each in found if each.id == command.authorisation_id)
        if not named:
            raise AuthorisationUnknown("the consent has no such authorisation")
        return named
