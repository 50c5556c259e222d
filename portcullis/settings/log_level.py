"""Log levels by name: a setting, and an option of the commands that serve."""

from typing import Literal

LogLevel = Literal["debug", "info", "warning", "error"]
