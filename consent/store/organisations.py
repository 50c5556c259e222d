"""The TPPs that call by their certificate alone: registered by the first call, once, however many workers see it.

The record names the organisation to PSUs and to the journal. What it may do, each certificate says (policies/certificate_caller.py).
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from consent.store.rows.organisations import Organisation, insert_organisation, load_organisation_names
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

KNOWN_MAX = 10_000  # remembered by a worker; least recently used leave first
NAME_CHARACTERS_MAX = 256  # of an organisation, from its certificate; the rest is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisations:
    """The gateway's Organisations port."""

    commands: Commands
    clock: Clock
    known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    async def is_known(self, brand: Brand, organisation_id: str) -> bool:
        """Asks the database until the organisation is known: no record is ever removed."""
        key = (brand.name, organisation_id)
        if key in self.known:
            self.known.move_to_end(key)
            return True
        async with self.commands.database.read() as connection:
            found = bool(await load_organisation_names(connection, brand.name, [organisation_id]))
        if found:
            self._remember(key)
        return found

    async def register(self, brand: Brand, certificate: Certificate) -> None:
        """By a certificate that names an organisation and states its roles. The second registration changes nothing."""
        provider, organisation_id = certificate.qualified.provider, certificate.organisation_id
        if provider is None or organisation_id is None:
            raise ValueError("the certificate names no payment service provider")
        organisation = Organisation(
            brand=brand.name,
            id=organisation_id,
            name=(certificate.organisation_name or organisation_id)[:NAME_CHARACTERS_MAX],
            authority_id=provider.authority_id,
            created_at=self.clock.wall(),
        )
        await self.commands.run(RegisterOrganisation(organisation, certificate.thumbprint, sorted(provider.roles)))
        self._remember((brand.name, organisation_id))

    def _remember(self, key: tuple[str, str]) -> None:
        self.known[key] = None
        if len(self.known) > KNOWN_MAX:
            self.known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """By the certificate of this thumbprint, which states these roles."""

    name = "register_organisation"
    locks = ()  # the first insert registers it; later ones change nothing
    organisation: Organisation
    thumbprint: str
    roles: list[str]

    async def handle(self, unit: UnitOfWork) -> None:
        if await insert_organisation(unit.connection, self.organisation):
            unit.record(_entry(self.organisation, self.thumbprint, self.roles))


def _entry(organisation: Organisation, thumbprint: str, roles: list[str]) -> Entry:
    return Entry(
        brand=organisation.brand,
        kind="organisation.registered",
        aggregate_id=organisation.id,
        at=organisation.created_at,
        actor=f"organisation:{organisation.id}",
        interaction_id=interaction_id.get(),
        facts={"authority_id": organisation.authority_id, "certificate": thumbprint, "roles": roles},
    )
