"""The entry point loads without a garbage collector, and runs with one that has nothing of what was loaded to walk."""

import subprocess
import sys

from tests.harness.patience import PATIENCE_SECONDS

LOOK = """
import gc, sys
from portcullis.__main__ import main
sys.argv[1:] = ["version"]
try:
    main()
except SystemExit as ended:
    assert not ended.code
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_what_was_loaded_is_frozen_and_garbage_is_collected_again():
    """Collections are off while modules load, and must not stay off."""
    ended = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    version, looked = ended.stdout.splitlines()
    assert version
    assert looked == "True True"
