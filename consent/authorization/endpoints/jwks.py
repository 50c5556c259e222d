"""GET /jwks: the public keys that this brand signs with, signed with, or will sign with. RFC 7517 section 5."""

from consent.services import Services
from consent.settings import JWKS_CACHE_SECONDS
from kernel.brand import Brand
from kernel.http.message import Request, Response


async def publish_keys(services: Services, brand: Brand, request: Request) -> Response:
    keys = services.keys
    return services.documents.answer(
        request,
        (brand.name, "jwks"),
        keys.version(brand.name),
        lambda: {"keys": keys.document(brand.name)["keys"]},
        cache_seconds=JWKS_CACHE_SECONDS,
    )
