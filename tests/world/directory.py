"""A directory that signs software statements, and may be out of reach."""

from consent.ports import DirectoryKeys
from kernel.errors import Overloaded
from kernel.jose.jwt import import_key
from tests.world.keys import SigningKey


class TestDirectory:
    """Vouches for all that it is given."""

    __test__ = False
    issuer = "The Directory"

    def __init__(self) -> None:
        self.key = SigningKey("ES256", "directory-1")
        self.is_reachable = True

    async def keys(self, _kid: str | None) -> DirectoryKeys:
        if not self.is_reachable:
            raise Overloaded("out of reach")
        return DirectoryKeys({"directory-1": import_key(self.key.jwk, kid="directory-1", alg="ES256")})


DIRECTORY = TestDirectory()
