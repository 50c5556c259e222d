"""The ways to authenticate strongly that can be carried out here, each in a file of its own. A PSU uses the first that they have."""

from consent.authentication.methods.decoupled import DECOUPLED
from consent.authentication.methods.device import DEVICE
from consent.authentication.methods.method import Method
from consent.authentication.methods.one_time_code import ONE_TIME_CODE

METHODS: tuple[Method, ...] = (DEVICE, ONE_TIME_CODE, DECOUPLED)
