"""The page of one payment: what became of it, for each of those who agreed to it or must; for one whose signature it waits for, that page."""

from consent.authorization.agreement.terms import render_instant
from consent.customer.dashboard.agreed import describe_order
from consent.customer.dashboard.overview import load_known
from consent.customer.dashboard.payments.own_orders import OwnOrders, load_names
from consent.customer.dashboard.signatures.page import show_signature
from consent.customer.dashboard.signatures.unsigned import load_signers
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session, load_psu
from consent.ports import Psu
from consent.services import Services
from consent.store.rows.journeys import Stage
from kernel.banking.orders import PaymentOrder
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.identifiers import is_identifier


async def show_payment(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    psu, order_id = await load_psu(services, brand, session.journey), request.path.split("/")[3]
    order = await services.orders.find(brand, order_id) if is_identifier(order_id) else None
    if order is None or not _is_of(order, psu):
        raise AccessUnknown("no payment of this PSU's")
    if await services.orders.find_awaiting(brand, order_id, psu.customer_id) is not None:
        return await show_signature(services, brand, session, request)
    orders = OwnOrders(cosigned=(order,), names=await load_names(services, brand, (order,)))
    known = await load_known(services, brand, psu, (), orders)
    return render_page(
        brand,
        "payment_detail",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        payment=describe_order(services, brand, order, known),
        signers=await load_signers(services, brand, order.signatures),
        moved=render_instant(brand, order.updated_at),
    )


def _is_of(order: PaymentOrder, psu: Psu) -> bool:
    """True if the PSU signed the order, or is one of those who may."""
    signers = {signature.customer_id for signature in order.signatures}
    return psu.customer_id in signers.union(*(rule.customers for rule in order.signing_rules))
