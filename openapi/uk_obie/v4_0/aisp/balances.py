"""Read balances. OBIE R/W 4.0 Balances."""

from msgspec import UNSET

from kernel.banking.accounts import CreditLine
from kernel.banking.commands import ReadBalances
from kernel.banking.results import BalanceView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.aisp.codes.accounts import BALANCE_TYPES
from openapi.uk_obie.v4_0.aisp.wire.accounts import OBBalance, OBCreditLine, OBReadBalance1, OBReadBalance1Data
from openapi.uk_obie.v4_0.envelope import credit_debit, links_of, money
from openapi.uk_obie.v4_0.wire import MetaData


def decode_list(_request: WireRequest) -> ReadBalances:
    return ReadBalances()


def decode_read(request: WireRequest) -> ReadBalances:
    return ReadBalances(request.path["AccountId"])


def encode(views: tuple[BalanceView, ...], rendering: Rendering) -> OBReadBalance1:
    return OBReadBalance1(
        data=OBReadBalance1Data([_encode(view) for view in views]),
        links=links_of(rendering),
        meta=MetaData(),
    )


def _encode(view: BalanceView) -> OBBalance:
    balance = view.balance
    return OBBalance(
        account_id=view.account_id,
        credit_debit_indicator=credit_debit(balance.amount),
        type=BALANCE_TYPES[balance.type],
        date_time=render_date_time(balance.at),
        amount=money(balance.amount),
        credit_line=[_encode_line(line) for line in balance.credit_lines] or UNSET,
    )


def _encode_line(line: CreditLine) -> OBCreditLine:
    return OBCreditLine(line.included, UNSET if line.amount is None else money(line.amount))
