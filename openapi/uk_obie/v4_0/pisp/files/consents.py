"""Lodge and read a consent to a file of payments, and upload and read its file. OBIE R/W 4.0, File Payment Consents."""

from types import MappingProxyType

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.commands import LodgeConsent, ReadConsent, ReadFile, UploadFile
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.planned.files import FileType, WrittenFile
from openapi.codec import Rendered, Rendering, WireRequest
from openapi.uk_obie.v4_0.pisp.codes.statuses import FILE_CONSENT_STATUSES
from openapi.uk_obie.v4_0.pisp.files import json_files, xml_files
from openapi.uk_obie.v4_0.pisp.files.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.consent_answers import consent_members
from openapi.uk_obie.v4_0.pisp.shared.lodgements import lodge
from openapi.uk_obie.v4_0.pisp.wire.files import (
    OBWriteFileConsent3,
    OBWriteFileConsentResponse4,
    OBWriteFileConsentResponse4Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/file-payment-consents"
READERS = MappingProxyType({FileType.JSON: json_files.read_file, FileType.PAIN_001: xml_files.read_file})

EXAMPLE = (
    b'{"Data": {"Initiation": {"FileType": "UK.OBIE.pain.001.001.08", "FileHash": "m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ=",'
    b' "FileReference": "GB2OK238", "NumberOfTransactions": "100", "ControlSum": 3459.3}}}'
)


def decode_lodge(request: WireRequest) -> LodgeConsent:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    lodged = json.decode(request.body, OBWriteFileConsent3)
    authorisation = lodged.data.authorisation
    signed_by_one = authorisation is not UNSET and authorisation.authorisation_type == "Single"
    terms = parse_initiation(lodged.data.initiation, request.zone, signed_by_one=signed_by_one)
    return lodge(request, ConsentKind.FILE, terms, lodged.data)


def decode_read(request: WireRequest) -> ReadConsent:
    return ReadConsent(request.path["ConsentId"])


def decode_upload(request: WireRequest) -> UploadFile:
    """The file is read by the use case, once it is the one that was announced."""
    return UploadFile(request.path["ConsentId"], READERS)


def decode_read_file(request: WireRequest) -> ReadFile:
    return ReadFile(request.path["ConsentId"])


def encode_consent(consent: Consent, rendering: Rendering) -> OBWriteFileConsentResponse4:
    data = msgspec.json.decode(consent.document)["Data"]
    members = consent_members(consent, data, rendering)
    del members["read_refund_account"]
    status = FILE_CONSENT_STATUSES[consent.effective_state(rendering.now)]
    return OBWriteFileConsentResponse4(
        data=OBWriteFileConsentResponse4Data(**members | {"status": status}),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{consent.id}"),
        meta=MetaData(),
    )


def encode_file(file: WrittenFile, _rendering: Rendering) -> Rendered:
    return Rendered(body=file.data, media_type=file.media_type)
