"""File descriptors: as many as the configuration needs, or the server does not start.

The usual soft limit is 1,024; a process may raise it up to its hard limit (setrlimit(2)). With too few, idle connections of strangers
would take the last ones, and none would be left for database, hot state and operator.
"""

import resource
from typing import Final

from kernel.config import ConfigurationRefused
from portcullis.settings.schema import ConnectionSettings

OPS_CONNECTIONS_MAX: Final = 64  # connections of the operations listener
RESERVED: Final = 512  # database, hot state, core bank, directories and notifications, files, connections that are being closed


def descriptors_needed(connections: ConnectionSettings) -> int:
    """Two TLS listeners, the operator's, and everything else that a server keeps open."""
    return 2 * connections.per_listener + OPS_CONNECTIONS_MAX + RESERVED


def raise_descriptors(connections: ConnectionSettings) -> None:
    """Raise the soft limit as far as needed. Raises ConfigurationRefused where the hard one does not let it."""
    needed = descriptors_needed(connections)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (ValueError, OSError):  # above the hard limit, or above one of the system's own
        raise ConfigurationRefused(_refusal(needed, hard)) from None


def _refusal(needed: int, hard: int) -> str:
    fitting = (hard - OPS_CONNECTIONS_MAX - RESERVED) // 2
    lower = f", or set connections.per_listener to {fitting} or less" if fitting > 0 else ""
    return (
        f"connections.per_listener: needs {needed} open files, and the hard limit of this process is {hard}. "
        f"Raise that (LimitNOFILE={needed} for systemd, --ulimit nofile={needed} for a container, ulimit -Hn in a shell){lower}"
    )
