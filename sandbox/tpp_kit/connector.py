"""The connections of a client that may be refused while it sends.

A server that refuses a large body leaves the rest unread for a moment. The client's end of TLS waits until that rest has left, and would
outlive the session; here it ends with it.
"""

import warnings
from typing import Any

import aiohttp


def open_connector(**options: Any) -> aiohttp.TCPConnector:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # later releases of Python end such connections themselves
        return aiohttp.TCPConnector(enable_cleanup_closed=True, **options)
