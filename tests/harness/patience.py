"""The time that a test waits for what must come: a guard against a test that hangs, never a measure of the machine.

What must come soon is proven by what it does without: an event, a count, an order. A lower bound may be measured, an upper one not.
Set lower, `PATIENCE_SECONDS=8 make test`, it gives a verdict soon where a defence was taken away to see which test fails.
"""

import os

PATIENCE_SECONDS = float(os.environ.get("PATIENCE_SECONDS", "200"))
