"""The households of the synthetic bank, in the order in which they are written."""

from sandbox.bank.households import alice, bob, carol, dave, fletchers

HOUSEHOLDS = (alice.HOUSEHOLD, bob.HOUSEHOLD, carol.HOUSEHOLD, dave.HOUSEHOLD, fletchers.HOUSEHOLD)
