"""The PSU's device asks them, and they confirm there. RTS (EU) 2018/389 article 7 (possession)."""

from consent.ports import Method
from plugins.psu_identity.authenticator import Tools
from plugins.psu_identity.confirmations import Confirmations

DEVICE = Method("device", is_typed=False)


def open_device(tools: Tools) -> Confirmations | None:
    device = tools.devices.get(DEVICE.name)
    return None if device is None else Confirmations(DEVICE, device, tools.clock)
