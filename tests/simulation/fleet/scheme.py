"""The schemes in a process of their own, by the clock that all share: `python -m tests.simulation.fleet.scheme CLOCK --books FOLDER --rail NAME`."""

import sys
from pathlib import Path

from plugins.rails.simulated.scheme import main
from tests.simulation.fleet.shared_clock import SharedClock

if __name__ == "__main__":
    main(SharedClock(Path(sys.argv.pop(1))).wall)
