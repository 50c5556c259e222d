"""The methods of the built-in identity, each in a file of its own. A PSU has those that they are enrolled with, in their order."""

from plugins.psu_identity.authenticator import Opening
from plugins.psu_identity.methods.decoupled import open_decoupled
from plugins.psu_identity.methods.device import open_device
from plugins.psu_identity.methods.one_time_code import open_one_time_code

METHODS: tuple[Opening, ...] = (open_device, open_one_time_code, open_decoupled)
