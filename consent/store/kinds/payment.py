"""One payment, made at once."""

from consent.store.kinds.kind import Row, Wording
from consent.store.kinds.payment_kinds import paying_kind
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.payments import PaymentTerms

WORDING = Wording(
    invitation="check and confirm a payment",
    steps=("Log in", "Choose the account", "Confirm the payment"),
    steps_fixed=("Log in", "Check the payment", "Confirm the payment"),
    refusal="Do not pay",
    nothing_done="Nothing was paid.",
)
ROW = Row(  # its TPP says whether it is still to be made: Directive (EU) 2015/2366 article 80(2)
    heading="Payments that you agreed to",
    standings={
        ConsentState.AUTHORISED: "Not made yet.",
        ConsentState.PARTIALLY_AUTHORISED: "Not made yet. Others must sign it too.",
        ConsentState.CONSUMED: "Sent for payment on {date}.",
        ConsentState.SUSPENDED: "Not made yet. It is on hold since {date}.",
        ConsentState.REVOKED_BY_PSU: "Not made. You stopped it on {date}.",
        ConsentState.WITHDRAWN_BY_TPP: "Not made. They withdrew it on {date}.",
        ConsentState.EXPIRED: "Not made. The time for it ran out on {date}.",
    },
    over="Not made. It ended on {date}.",
    may_be_stopped=False,
)

PAYMENT = paying_kind(ConsentKind.PAYMENT, PaymentTerms, wording=WORDING, row=ROW)
