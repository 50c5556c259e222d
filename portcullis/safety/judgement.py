"""Everything that is found about a production configuration, without asking anyone outside."""

from datetime import datetime
from pathlib import Path

from portcullis.safety import JUDGES
from portcullis.safety.finding import Finding
from portcullis.safety.secrets import judge_settings_file
from portcullis.settings.schema import Settings


def judge(settings: Settings, now: datetime, *, file: Path | None = None) -> list[Finding]:
    """`settings` have passed check_production; `file` is where they stand."""
    found = [finding for judge_part in JUDGES for finding in judge_part(settings, now)]
    return found if file is None else [*found, *judge_settings_file(settings, file)]
