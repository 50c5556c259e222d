"""The parts that authentication and approval work with, as properties: the consent server's Services have them all."""

from typing import Protocol

from consent.ports import PsuIdentity
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.hot_state.versions import Versions
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.sealed import Sealer
from kernel.turns import Turns


class Room(Protocol):
    @property
    def database(self) -> Database: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def identity(self) -> PsuIdentity: ...
    @property
    def attempt_turns(self) -> Turns: ...
