"""Dave: nothing to share. He has a loan, which no third party may see."""

from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import DAVE
from sandbox.bank.stories.household import Household, Plan
from sandbox.bank.stories.routine import (
    Income,
    Routine,
)

PAYER = shops.payee("Dave Draper", "00992266715034")
HOUSEHOLD = Household(
    name="dave",
    people=(DAVE,),
    plans=(Plan("loan", products.LOAN, eligible=False),),
    begin={"loan": -1_000_000},
    routine=Routine(incomes=(Income("loan", 5, 23_185, PAYER, "REPAYMENT"),), interest=(("loan", products.LOAN_PERCENT),)),
)
