"""Read products. OBIE R/W 4.0 Products: personal and business current accounts in words, any other product in codes."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from kernel.banking.commands import ReadProducts
from kernel.banking.records.products import InterestTier, OverdraftTier, Product, ProductKind
from kernel.banking.results import RecordView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.aisp.codes.products import CODES, OTHER_PRODUCTS, PRODUCT_KINDS, WORDS, Vocabulary
from openapi.uk_obie.v4_0.aisp.wire.products import (
    CreditInterest,
    CreditInterestTierBand,
    CreditInterestTierBandSet,
    CurrentAccountData,
    OBProduct2,
    OBReadProduct2,
    OBReadProduct2Data,
    OtherProductType,
    Overdraft,
    OverdraftTierBand,
    OverdraftTierBandSet,
    ProductDetails,
)
from openapi.uk_obie.v4_0.envelope import fitted, known_percentage, links_of, percentage
from openapi.uk_obie.v4_0.wire import MetaData

NOTE_LENGTH_MAX = 2000  # of one note about a product; the rest is cut
NAME_LENGTH_MAX = 350  # of the name of a product: Max350Text


def decode_list(_request: WireRequest) -> ReadProducts:
    return ReadProducts()


def decode_read(request: WireRequest) -> ReadProducts:
    return ReadProducts(request.path["AccountId"])


def encode(views: tuple[RecordView[Product], ...], rendering: Rendering) -> OBReadProduct2:
    return OBReadProduct2(data=OBReadProduct2Data([_encode(view) for view in views]), links=links_of(rendering), meta=MetaData())


def _encode(view: RecordView[Product]) -> OBProduct2:
    product = view.record
    wire = OBProduct2(
        product_name=fitted(product.name, NAME_LENGTH_MAX),
        product_id=product.id,
        account_id=view.account_id,
        product_type=PRODUCT_KINDS[product.kind],
        marketing_state_id=fitted(product.marketing_id, 35),
    )
    if product.kind is ProductKind.PERSONAL_CURRENT:
        wire.personal = _encode_current(product, _encode_details(product))
    elif product.kind is ProductKind.BUSINESS_CURRENT:  # whose details know no maximum charge
        wire.business = _encode_current(product, _encode_details(product, with_charge=False))
    elif product.kind in OTHER_PRODUCTS:
        wire.other_product_type = _encode_other(product)
    return wire


def _encode_current(product: Product, details: ProductDetails | UnsetType) -> CurrentAccountData:
    return CurrentAccountData(
        product_details=details,
        credit_interest=_encode_interest(product.credit_interest, WORDS),
        overdraft=_encode_overdraft(product.overdraft, WORDS),
    )


def _encode_other(product: Product) -> OtherProductType:
    called = OTHER_PRODUCTS[product.kind]
    return OtherProductType(
        name=(product.name or called)[:NAME_LENGTH_MAX],
        description=(product.description or called)[:NAME_LENGTH_MAX],
        product_details=_encode_details(product),
        credit_interest=_encode_interest(product.credit_interest, CODES),
        overdraft=_encode_overdraft(product.overdraft, CODES),
    )


def _encode_details(product: Product, *, with_charge: bool = True) -> ProductDetails | UnsetType:
    notes = [note[:NOTE_LENGTH_MAX] for note in product.notes if note]
    charge = product.monthly_maximum_charge if with_charge else None
    if charge is None and not notes:
        return UNSET
    return ProductDetails(monthly_maximum_charge=UNSET if charge is None else charge.decimal(), notes=notes or UNSET)


def _encode_interest(tiers: Sequence[InterestTier], words: Vocabulary) -> CreditInterest | UnsetType:
    if not tiers:
        return UNSET
    bands = [
        CreditInterestTierBand(
            tier_value_minimum=tier.minimum.decimal(),
            tier_value_maximum=UNSET if tier.maximum is None else tier.maximum.decimal(),
            application_frequency=words.periods[tier.paid],
            fixed_variable_interest_rate_type=words.fixed if tier.fixed else words.variable,
            annual_equivalent_rate=percentage(tier.annual_rate),
            bank_interest_rate_type=UNSET if tier.gross_rate is None else words.gross,
            bank_interest_rate=known_percentage(tier.gross_rate),
        )
        for tier in tiers
    ]
    method = words.tiered if len(bands) > 1 else words.whole
    return CreditInterest([CreditInterestTierBandSet(tier_band_method=method, destination=words.to_the_account, tier_band=bands)])


def _encode_overdraft(tiers: Sequence[OverdraftTier], words: Vocabulary) -> Overdraft | UnsetType:
    """Arranged and unarranged borrowing as separate sets, arranged first."""
    sets = []
    for arranged in (True, False):
        bands = [
            OverdraftTierBand(
                tier_value_min=tier.minimum.decimal(),
                tier_value_max=UNSET if tier.maximum is None else tier.maximum.decimal(),
                equivalent_annual_rate=known_percentage(tier.annual_rate),
            )
            for tier in tiers
            if tier.arranged is arranged
        ]
        if bands:
            method = words.tiered if len(bands) > 1 else words.whole
            sets.append(OverdraftTierBandSet(tier_band_method=method, authorised_indicator=arranged, overdraft_tier_band=bands))
    return Overdraft(sets) if sets else UNSET
