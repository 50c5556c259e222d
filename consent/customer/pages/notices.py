"""The notices at the top of a page after an incomplete form: text, field, and whether it is an error.

WCAG 2.2, 3.3.1 (error identification) and 3.3.3 (error suggestion).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    field: str = ""  # id of the input that it is about
    is_error: bool = True
    heading: str = ""  # of the page that takes the place of a form that is locked


NOTICES: Mapping[str, Notice] = MappingProxyType(
    {
        "credentials_wrong": Notice("That username and password do not match. Check them and try again.", "username"),
        "credentials_blocked": Notice(
            "There were too many failed attempts. To keep you safe, logging in is blocked for now. Try again in 15 minutes.",
            heading="You cannot log in for now",
        ),
        "code_wrong": Notice("That code is not right. Check it and try again.", "otp"),
        "code_blocked": Notice(
            "There were too many failed attempts. To keep you safe, we cannot take another code now. Try again in 15 minutes.",
            heading="You cannot confirm for now",
        ),
        "code_expired": Notice("That code has expired. Ask for a new one.", "otp"),
        "request_expired": Notice("The request on your device has expired. Send a new one."),
        "code_sent": Notice("We have sent you a new code.", is_error=False),
        "request_sent": Notice("We have sent a new request to your device.", is_error=False),
        "sending_blocked": Notice(
            "We have sent you too many requests to confirm. To keep you safe, we send no more for now. Try again in 15 minutes.",
            heading="You cannot confirm for now",
        ),
        "device_waiting": Notice("Your device has not confirmed yet. Confirm there, then continue here.", is_error=False),
        "timed_out": Notice("We logged you out, because nothing happened for a while. Please log in again.", is_error=False),
        "sharing_stopped": Notice(
            "Sharing has stopped. They can no longer see your accounts with us. Ask them what becomes of the information that they already have, and of the service they give you.",
            is_error=False,
        ),
        "not_sharing": Notice("That sharing had already ended. Nothing has changed.", is_error=False),
        "request_approved": Notice(
            "You have shared the accounts that you chose. You can go back to where you started.", is_error=False
        ),
        "request_denied": Notice("Nothing was shared. You can go back to where you started.", is_error=False),
        "payment_cancelled": Notice("The payment is cancelled. It will not be made.", is_error=False),
        "standing_order_cancelled": Notice("The standing order is cancelled. It makes no more payments.", is_error=False),
        "file_cancelled": Notice("The file of payments is cancelled. It makes no more payments.", is_error=False),
        "payment_not_cancelled": Notice("It was too late to cancel the payment. This is what became of it.", is_error=True),
        "signed": Notice("You have agreed. It goes ahead once everyone who must agree has agreed.", is_error=False),
        "not_signed": Notice("You have not agreed, so it does not go ahead.", is_error=False),
        "nothing_to_sign": Notice("That no longer waits for your answer. Nothing has changed.", is_error=False),
        "account_closed": Notice("An account that you chose has just been closed, so nothing was shared. Choose again."),
        "chosen_account_closed": Notice(
            "The account that you chose can no longer be used, so nothing was allowed. Choose again."
        ),
        "debtor_account_closed": Notice("The account that you chose can no longer be used, so nothing was paid. Choose again."),
        "signers_unable": Notice(
            "Someone who must agree too cannot share all of these accounts, so nothing was shared. Choose the accounts that others must agree to by themselves, or choose not to share."
        ),
        "debtor_signers_unable": Notice(
            "Someone who must agree too cannot use the account that you chose, so it does not go ahead. Choose another account, or refuse."
        ),
        "payee_not_own": Notice(
            "The account that is to be paid is not in your name, as far as its bank knows, so nothing was allowed. Ask them for payments to an account of yours, or refuse."
        ),
        "no_debtor_account": Notice("Choose the account to pay from, or choose not to pay.", "account-0"),
        "no_account": Notice("Choose at least one account, or choose not to share.", "account-0"),
    }
)
