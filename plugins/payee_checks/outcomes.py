"""The answers of the simulated banks about payees: by the last four digits of the account's number, so that a developer can have each
answer on purpose. Every other number is held by the person who is written. docs/sandbox-payments.md lists them.
"""

from kernel.banking.accounts import AccountCategory
from kernel.banking.payee_checks import MATCH_OF, PayeeCheck, PayeeCode, PayeeMatch
from plugins.payee_checks.matching import Holder

PERSON = "Alexandra Whitfield"
FIRM = "Whitfield & Daughters Ltd"
HOLDERS = {  # whose names are compared with what is written
    "9700": Holder(PERSON),
    "9701": Holder("Alexandra Whitfield & Benedict Rowe"),
    "9702": Holder(FIRM, AccountCategory.BUSINESS),
}
_NAMES = {  # that a close match shows
    PayeeCode.NAME_CLOSE: PERSON,
    PayeeCode.BUSINESS_NAME_CLOSE: FIRM,
    PayeeCode.PERSONAL_NAME_CLOSE: PERSON,
}
_CODES = {
    "9710": PayeeCode.NAME_CLOSE,
    "9711": PayeeCode.BUSINESS_NAME_CLOSE,
    "9712": PayeeCode.PERSONAL_NAME_CLOSE,
    "9713": PayeeCode.BUSINESS_NAME_MATCHES,
    "9714": PayeeCode.PERSONAL_NAME_MATCHES,
    "9720": PayeeCode.NAME_DIFFERS,
    "9721": PayeeCode.ACCOUNT_UNKNOWN,
    "9730": PayeeCode.REFERENCE_UNKNOWN,
    "9731": PayeeCode.ACCOUNT_UNSUPPORTED,
    "9732": PayeeCode.OPTED_OUT,
    "9733": PayeeCode.SWITCHED,
    "9734": PayeeCode.BANK_UNSUPPORTED,
}
ANSWERS = {digits: PayeeCheck(match=MATCH_OF[code], name=_NAMES.get(code), code=code) for digits, code in _CODES.items()}
SILENT = "9740"  # that bank never answers
BROKEN = "9741"  # that bank's answer cannot be read
MATCHES = PayeeCheck(match=PayeeMatch.MATCH)
