"""Read offers. OBIE R/W 4.0 Offers."""

from kernel.banking.commands import ReadOffers
from kernel.banking.records.offers import Offer
from kernel.banking.results import RecordView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.aisp.codes.products import OFFER_KINDS
from openapi.uk_obie.v4_0.aisp.wire.products import OBOffer1, OBReadOffer1, OBReadOffer1Data
from openapi.uk_obie.v4_0.envelope import fitted, known_money, known_percentage, links_of, whole
from openapi.uk_obie.v4_0.wire import MetaData


def decode_list(_request: WireRequest) -> ReadOffers:
    return ReadOffers()


def decode_read(request: WireRequest) -> ReadOffers:
    return ReadOffers(request.path["AccountId"])


def encode(views: tuple[RecordView[Offer], ...], rendering: Rendering) -> OBReadOffer1:
    return OBReadOffer1(data=OBReadOffer1Data([_encode(view) for view in views]), links=links_of(rendering), meta=MetaData())


def _encode(view: RecordView[Offer]) -> OBOffer1:
    offer = view.record
    return OBOffer1(
        account_id=view.account_id,
        offer_id=offer.id,
        offer_type=OFFER_KINDS[offer.kind],
        description=fitted(offer.description, 500),
        start_date_time=render_known(offer.starts_at),
        end_date_time=render_known(offer.ends_at),
        rate=known_percentage(offer.rate),
        term=fitted(offer.term, 500),
        url=whole(offer.url, 256),
        amount=known_money(offer.amount),
        fee=known_money(offer.fee),
    )
