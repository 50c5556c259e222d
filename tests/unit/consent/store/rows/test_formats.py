"""A stored document whose format this release does not know is not guessed at."""

import pytest

from consent.authorization.authorize.pushed import load_begun, load_pushed
from consent.authorization.clients.rows import load_client, load_clients
from consent.store.rows.authorisations import load_authorisations, start_authorisation
from consent.store.rows.formats import FormatUnreadable, check_format
from tests.harness.damage.rows import write_format
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND


def test_the_present_format_and_the_one_before_are_read():
    for stored, present in ((1, 1), (1, 2), (2, 2), (6, 7)):
        check_format("a document", stored, present=present)
    for stored, present in ((0, 1), (2, 1), (1, 3), (8, 7), (-1, 1)):
        with pytest.raises(FormatUnreadable):
            check_format("a document", stored, present=present)


async def test_of_a_client(oauth: AuthorizationWorld):
    await write_format(oauth.database, "clients", 99)
    async with oauth.database.read() as connection:
        with pytest.raises(FormatUnreadable):
            await load_client(connection, BRAND.name, oauth.acme.client.id)
        with pytest.raises(FormatUnreadable):
            await load_clients(connection, BRAND.name, [oauth.acme.client.id])


async def test_of_a_pushed_request(oauth: AuthorizationWorld):
    consent = await oauth.lodge(oauth.acme)
    uri = await oauth.pushed_uri(oauth.acme, consent.id)
    pushed = await oauth.load_pushed(oauth.acme, uri)
    await write_format(oauth.database, "pushed_requests", 99)
    async with oauth.database.read() as connection:
        with pytest.raises(FormatUnreadable):
            await load_pushed(connection, BRAND.name, oauth.acme.client.id, uri, oauth.clock.wall())
        with pytest.raises(FormatUnreadable):
            await load_begun(connection, BRAND.name, pushed.id)


async def test_of_an_authorisation(oauth: AuthorizationWorld):
    at = oauth.clock.wall()
    await oauth.database.write(
        lambda connection: start_authorisation(
            connection,
            oauth.services.sealer,
            brand=BRAND.name,
            authorisation_id="a",
            subject_id="c",
            psu_id="p",
            approach="redirect",
            at=at,
        )
    )
    await write_format(oauth.database, "authorisations", 99)
    async with oauth.database.read() as connection:
        with pytest.raises(FormatUnreadable):
            await load_authorisations(connection, oauth.services.sealer, BRAND.name, "c")
