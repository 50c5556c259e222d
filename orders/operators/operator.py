"""An operator: one of the bank's own people, as the credential says that signed a command."""

import msgspec


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the thumbprint of the key that signed; it is empty in what was written before operators had keys. `credential` names the
    command itself."""

    name: str
    key: str = ""
    credential: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """For a journal entry about something that the operator did."""
        return {"key": self.key, "credential": self.credential}

    def is_same(self, name: str, key: str) -> bool:
        """True of one whose name or whose key is the same: names that differ by case or spaces are one person's."""
        return _plain(name) == _plain(self.name) or (bool(key) and key == self.key)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
