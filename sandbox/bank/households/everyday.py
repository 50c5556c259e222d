"""The bills and habits that most people of the synthetic bank share."""

from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.stories.routine import Bill, Habit
from sandbox.bank.stories.story import CASH_WITHDRAWAL

QUARTERS = (1, 4, 7, 10)


def everyday(account: str, card: str) -> tuple[tuple[Bill, ...], tuple[Habit, ...]]:
    """`card` pays for shopping and evenings out."""
    bills = (
        Bill(account, 3, shops.COUNCIL, 14_800, 14_800, "Council tax"),
        Bill(account, 8, shops.ENERGY, 7_400, 15_900, "Gas and electricity"),
        Bill(account, 11, shops.WATER, 10_050, 10_050, "Water", QUARTERS),
        Bill(account, 14, shops.BROADBAND, 3_100, 3_100, "Broadband"),
        Bill(account, 17, shops.MOBILE, 1_400, 1_400, "Mobile telephone"),
        Bill(account, 19, shops.STREAMING, 999, 999, "Films"),
        Bill(account, 22, shops.TELEVISION, 16_950, 16_950, "Television licence", (9,)),
        Bill(account, 24, shops.MUSIC, 1_099, 1_099, "Music"),
    )
    habits = (
        Habit(account, shops.GROCERS, 2.2, 1_150, 7_200),
        Habit(account, shops.COFFEE, 3.1, 290, 520, (7, 11)),
        Habit(account, shops.TRANSPORT, 4.6, 210, 940, (7, 20)),
        Habit(account, shops.PHARMACIES, 0.3, 350, 2_400),
        Habit(account, shops.CASH, 0.3, 2_000, 2_000, (9, 22), CASH_WITHDRAWAL),
        Habit(card, shops.RESTAURANTS, 1.2, 1_250, 5_200, (12, 22)),
        Habit(card, shops.SHOPS, 0.5, 1_200, 9_500),
    )
    return bills, habits
