"""Every use case, in order of a TPP's journey. The composition root gives them their parts (gateway/assembly.py)."""

from gateway.use_case import UseCase
from gateway.use_cases.describe_token import DescribeToken
from gateway.use_cases.list_accounts import ListAccounts
from gateway.use_cases.lodge_consent import LodgeConsent
from gateway.use_cases.read_account import ReadAccount
from gateway.use_cases.read_balances import ReadBalances
from gateway.use_cases.read_beneficiaries import ReadBeneficiaries
from gateway.use_cases.read_consent import ReadConsent
from gateway.use_cases.read_direct_debits import ReadDirectDebits
from gateway.use_cases.read_offers import ReadOffers
from gateway.use_cases.read_parties import ReadParties
from gateway.use_cases.read_products import ReadProducts
from gateway.use_cases.read_psu_party import ReadPsuParty
from gateway.use_cases.read_scheduled_payments import ReadScheduledPayments
from gateway.use_cases.read_standing_orders import ReadStandingOrders
from gateway.use_cases.read_statement import ReadStatement
from gateway.use_cases.read_statement_file import ReadStatementFile
from gateway.use_cases.read_statement_transactions import ReadStatementTransactions
from gateway.use_cases.read_statements import ReadStatements
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
    ReadBeneficiaries,
    ReadDirectDebits,
    ReadStandingOrders,
    ReadScheduledPayments,
    ReadProducts,
    ReadOffers,
    ReadParties,
    ReadPsuParty,
    ReadStatements,
    ReadStatement,
    ReadStatementFile,
    ReadStatementTransactions,
    DescribeToken,
)
