"""The bank's app on another device of the PSU's asks them, without their password before it: the app knows them, by possession and by
what unlocks it. RTS (EU) 2018/389 articles 4 and 7; Berlin Group 1.3.x, decoupled SCA approach."""

from consent.ports import DECOUPLED
from plugins.psu_identity.authenticator import Tools
from plugins.psu_identity.confirmations import Confirmations


def open_decoupled(tools: Tools) -> Confirmations | None:
    device = tools.devices.get(DECOUPLED.name)
    return None if device is None else Confirmations(DECOUPLED, device, tools.clock)
