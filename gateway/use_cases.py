"""Every use case, in order of a TPP's journey. The composition root gives them their parts (gateway/assembly.py)."""

from gateway.accounts.list_accounts import ListAccounts
from gateway.accounts.read_account import ReadAccount
from gateway.accounts.read_balances import ReadBalances
from gateway.accounts.read_beneficiaries import ReadBeneficiaries
from gateway.accounts.read_direct_debits import ReadDirectDebits
from gateway.accounts.read_offers import ReadOffers
from gateway.accounts.read_parties import ReadParties
from gateway.accounts.read_products import ReadProducts
from gateway.accounts.read_psu_party import ReadPsuParty
from gateway.accounts.read_scheduled_payments import ReadScheduledPayments
from gateway.accounts.read_standing_orders import ReadStandingOrders
from gateway.accounts.read_transactions import ReadTransactions
from gateway.accounts.statements.read_statement import ReadStatement
from gateway.accounts.statements.read_statement_file import ReadStatementFile
from gateway.accounts.statements.read_statement_transactions import ReadStatementTransactions
from gateway.accounts.statements.read_statements import ReadStatements
from gateway.authorisations.read_authorisations import ReadAuthorisations
from gateway.consents.lodge_consent import LodgeConsent
from gateway.consents.read_consent import ReadConsent
from gateway.consents.withdraw_consent import WithdrawConsent
from gateway.describe_token import DescribeToken
from gateway.events.change_subscription import ChangeSubscription
from gateway.events.end_subscription import EndSubscription
from gateway.events.poll_notices import PollNotices
from gateway.events.read_subscriptions import ReadSubscriptions
from gateway.events.subscribe import Subscribe
from gateway.files.read_file import ReadFile
from gateway.files.read_report import ReadReport
from gateway.files.upload_file import UploadFile
from gateway.funds.check_funds import CheckFunds
from gateway.payments.confirm_funds import ConfirmFunds
from gateway.payments.place_payment import PlacePayment
from gateway.payments.read_payment import ReadPayment
from gateway.use_case import UseCase

USE_CASES: tuple[type[UseCase], ...] = (
    LodgeConsent,
    ReadConsent,
    ReadAuthorisations,
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
    ConfirmFunds,
    PlacePayment,
    ReadPayment,
    UploadFile,
    ReadFile,
    ReadReport,
    CheckFunds,
    Subscribe,
    ReadSubscriptions,
    ChangeSubscription,
    EndSubscription,
    PollNotices,
    DescribeToken,
)
