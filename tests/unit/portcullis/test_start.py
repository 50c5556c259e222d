"""How the command starts."""

import subprocess
import sys

SCRIPT = """
import gc, sys
from contextlib import suppress
from portcullis.__main__ import main
sys.argv = ["portcullis", "version"]
with suppress(SystemExit):
    main()
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_the_garbage_collector_works_and_leaves_what_was_loaded_alone():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split()[-2:] == ["True", "True"]
