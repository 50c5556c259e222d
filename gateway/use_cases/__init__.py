"""Every use case, in order of a TPP's journey. The composition root gives them their parts (gateway/assembly.py)."""

from gateway.use_case import UseCase
from gateway.use_cases.describe_token import DescribeToken
from gateway.use_cases.list_accounts import ListAccounts
from gateway.use_cases.lodge_consent import LodgeConsent
from gateway.use_cases.read_account import ReadAccount
from gateway.use_cases.read_balances import ReadBalances
from gateway.use_cases.read_consent import ReadConsent
from gateway.use_cases.read_transactions import ReadTransactions
from gateway.use_cases.withdraw_consent import WithdrawConsent

USE_CASES: tuple[type[UseCase], ...] = (
    LodgeConsent,
    ReadConsent,
    WithdrawConsent,
    ListAccounts,
    ReadAccount,
    ReadBalances,
    ReadTransactions,
    DescribeToken,
)
