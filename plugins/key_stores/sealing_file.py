"""Key material wrapped with the sealing keys themselves, which lie in a file that only the server's user reads."""

from kernel.storage.sealed import FORMAT, Sealer


class SealingFile:
    """Wraps keys with the sealing keys of the file. It makes no request, so it is always available."""

    name = "sealing_file"

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def wrapped(self, value: bytes) -> bool:
        return value[:1] == bytes([FORMAT])

    async def wrap(self, material: bytes, *place: str) -> bytes:
        return self._sealer.seal(material, *place)

    async def unwrap(self, value: bytes, *place: str) -> bytes:
        """Raises SealBroken."""
        return self._sealer.open(value, *place)
