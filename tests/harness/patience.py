"""How long a test waits for what must come: a guard against a test that hangs, never a measure of the machine.

What must come soon is proven by what it does without: an event, a count, an order. A lower bound may be measured, an upper one not.
"""

PATIENCE_SECONDS = 200.0
