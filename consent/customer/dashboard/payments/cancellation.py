"""Cancel a payment that is planned for a later day: one page that says what will happen, one button that does it. Directive (EU) 2015/2366
article 80(3): until the end of the day before.
"""

from consent.authorization.agreement.terms import render_date
from consent.customer.dashboard.agreed import describe_order
from consent.customer.dashboard.overview import load_known
from consent.customer.dashboard.payments.own_orders import OwnOrders
from consent.customer.dashboard.signatures.orders import PAYMENTS
from consent.customer.journey.boundary import DASHBOARD, log_notice, see_other
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_psu
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.journeys import Notice, Stage
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction, Placed
from kernel.brand import Brand
from kernel.errors import OrderStateForbids
from kernel.http.message import Request, Response
from kernel.identifiers import is_identifier

CANCELLATIONS = f"{DASHBOARD}/cancellations"


def cancellation_of(services: Services, order: Placed, psu: Psu) -> str:
    """The path of the page on which this PSU may cancel the order, "" where they may not (any more)."""
    row = kind_of(order).row
    may = row is not None and row.may_cancel_orders and order.is_signed_by(psu.customer_id)
    return f"{CANCELLATIONS}/{order.id}" if may and order.may_be_cancelled(services.clock.now()) else ""


async def show_cancellation(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown. What is no longer cancelled leads to the page of the payment, which says what became of it."""
    psu = await load_psu(services, brand, session.journey)
    order = await _load_own(services, brand, psu, request)
    if not cancellation_of(services, order, psu):
        return see_other(f"{PAYMENTS}/{order.id}")
    known = await load_known(services, brand, psu, (), OwnOrders(cosigned=(order,)))
    return render_page(
        brand,
        "payment_cancel",
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        payment=describe_order(services, brand, order, known),
        day="" if isinstance(order, Instruction) or order.execute_at is None else render_date(brand, order.execute_at),
        thing=thing_of(order),
        path=f"{CANCELLATIONS}/{order.id}",
    )


async def take_cancellation(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown. What is due meanwhile is said to be too late."""
    psu = await load_psu(services, brand, session.journey)
    order = await _load_own(services, brand, psu, request)
    notice = Notice.PAYMENT_NOT_CANCELLED
    if cancellation_of(services, order, psu):
        try:
            await services.orders.cancel(brand, order, customer_id=psu.customer_id, psu_id=psu.id)
            notice = _cancelled(order)
        except OrderStateForbids:
            notice = Notice.PAYMENT_NOT_CANCELLED
    log_notice(session.journey, notice)
    await services.commands.run(PutNotice(session.journey, notice))
    return see_other(f"{PAYMENTS}/{order.id}")


def thing_of(order: Placed) -> str:
    """That which is cancelled, as its PSU calls it."""
    row = kind_of(order).row
    return "payment" if row is None else row.thing


def _cancelled(order: Placed) -> Notice:
    if not isinstance(order, Instruction):
        return Notice.PAYMENT_CANCELLED
    return Notice.FILE_CANCELLED if isinstance(order.terms, FileTerms) else Notice.STANDING_ORDER_CANCELLED


async def _load_own(services: Services, brand: Brand, psu: Psu, request: Request) -> Placed:
    """An order that this PSU signed. Raises AccessUnknown."""
    order_id = request.path.split("/")[3]
    order = await services.orders.find(brand, order_id) if is_identifier(order_id) else None
    if order is None or not order.is_signed_by(psu.customer_id):
        raise AccessUnknown("no payment of this PSU's")
    return order
