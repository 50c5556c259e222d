"""portcullis/cli/event_loop.py: how the process of a command is set up."""

import subprocess
import sys

ASKED = """
import sys
from portcullis.cli.event_loop import run

async def show() -> None:
    print(sys.getswitchinterval())

run(show())
"""


def test_a_thread_waits_less_than_a_millisecond_for_another():
    shown = subprocess.run([sys.executable, "-c", ASKED], check=True, capture_output=True, text=True).stdout
    assert 0 < float(shown) < 0.001
