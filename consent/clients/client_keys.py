"""The imported keys of registered clients, kept per version of the client: importing costs more than verifying."""

from collections import OrderedDict
from collections.abc import Mapping

from consent.clients.metadata import import_client_keys
from kernel.access import Client
from kernel.jose import JwtKey

CLIENTS_MAX = 2_000


class ClientKeys:
    """A bounded memory of key sets, least recently used first out."""

    def __init__(self) -> None:
        self._sets: OrderedDict[tuple[str, str], tuple[int, Mapping[str, JwtKey]]] = OrderedDict()

    def of(self, client: Client) -> Mapping[str, JwtKey]:
        """kid to key of this version of the client."""
        place = (client.brand, client.id)
        kept = self._sets.get(place)
        if kept is None or kept[0] != client.version:
            kept = (client.version, import_client_keys(client.jwks))
            self._sets[place] = kept
        self._sets.move_to_end(place)
        if len(self._sets) > CLIENTS_MAX:
            self._sets.popitem(last=False)
        return kept[1]
