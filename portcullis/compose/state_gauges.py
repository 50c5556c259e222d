"""The gauges of a server's own state."""

from kernel.hot_state.versions import Versions
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database


def watch_state(telemetry: Telemetry, database: Database, versions: Versions) -> None:
    """Register the gauges of the server's state: deadlocks, hot state, limits, notifications."""
    telemetry.watch("database_deadlocks", "Deadlocks that the database ended, since the start.", lambda: database.deadlocks)
    telemetry.watch("hot_state_trusted", "1 while versions come from the hot state.", lambda: versions.is_trusted)
    telemetry.watch(
        "hot_state_asked_database",
        "Version questions that the hot state did not settle, since the start.",
        lambda: versions.asked_database,
    )
    telemetry.watch(
        "limits_kept_locally", "Limits that the hot state did not keep, since the start.", lambda: versions.limited_locally
    )
