"""The settlement cycles of Faster Payments: deferred and net, at three times of each day on which the Bank of England settles."""

from datetime import time
from zoneinfo import ZoneInfo

from plugins.rails.calendars.england import ENGLAND
from plugins.rails.cycles import Cycles

CYCLES = Cycles(ENGLAND, ZoneInfo("Europe/London"), (time(7), time(13), time(17)))
