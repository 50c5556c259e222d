"""GET /jwks: the public keys that this brand signs with, signed with, or will sign with. RFC 7517 section 5."""

from consent.json_document import render_public
from consent.services import Services
from consent.settings import JWKS_CACHE_SECONDS
from kernel.brand import Brand
from kernel.http.message import Request, Response


async def publish_keys(services: Services, brand: Brand, _request: Request) -> Response:
    return render_public({"keys": services.keys.document(brand.name)["keys"]}, JWKS_CACHE_SECONDS)
