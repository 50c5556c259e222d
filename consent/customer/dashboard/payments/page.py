"""The page of one payment: what became of it, for each of those who agreed to it or must; for one whose signature it waits for, that page."""

from consent.authorization.agreement.terms import render_instant
from consent.customer.dashboard.agreed import describe_order
from consent.customer.dashboard.overview import load_known
from consent.customer.dashboard.payments.cancellation import cancellation_of, thing_of
from consent.customer.dashboard.payments.own_orders import OwnOrders, load_names
from consent.customer.dashboard.payments.standing import standing_of
from consent.customer.dashboard.signatures.page import show_signature
from consent.customer.dashboard.signatures.unsigned import load_signers
from consent.customer.pages.render import render_page
from consent.customer.pages.results import Result, signed, unsigned
from consent.customer.session.forms import form_token
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session, load_psu
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.words import render_money
from consent.store.rows.journeys import Notice, Stage
from kernel.banking.planned.instructions import Instruction, Placed
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
    payment = describe_order(services, brand, order, known)
    return render_page(
        brand,
        "payment_detail",
        notice=session.journey.notice,
        result=_result_of(session.journey.notice, order, payment.name),
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        payment=payment,
        thing=thing_of(order),
        cancellation=cancellation_of(services, order, psu),
        executions=await _executions(services, brand, order),
        signers=await load_signers(services, brand, order.signatures),
        moved=render_instant(brand, order.updated_at),
    )


async def _executions(services: Services, brand: Brand, order: Placed) -> tuple[str, ...]:
    """The standing of each payment of an instruction, the last first; none of an order, which is one payment."""
    if not isinstance(order, Instruction):
        return ()
    made, now = await services.orders.executions(brand, order.id), services.clock.now()
    return tuple(f"{render_money(each.debit)}: {standing_of(brand, each, {}, now)}" for each in reversed(made))


def _result_of(notice: Notice, order: Placed, client_name: str) -> Result | None:
    """This PSU's answer, on the page that follows it."""
    if notice is Notice.SIGNED:
        return signed(waits=bool(order.awaited_customers))
    return unsigned(client_name) if notice is Notice.NOT_SIGNED else None


def _is_of(order: Placed, psu: Psu) -> bool:
    """True if the PSU signed the order, or is one of those who may."""
    signers = {signature.customer_id for signature in order.signatures}
    return psu.customer_id in signers.union(*(rule.customers for rule in order.signing_rules))
