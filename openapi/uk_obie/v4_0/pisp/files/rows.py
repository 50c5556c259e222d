"""The operations of files of payments: those of every product, the upload of a file, and the file and the report of it as they are read."""

from kernel.banking.consents import ConsentKind
from kernel.banking.planned.files import FILE_BYTES_MAX
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.files import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import SENT, Product, manage_of, rows_of
from openapi.uk_obie.v4_0.pisp.wire.files import (
    OBWriteFile2,
    OBWriteFileConsent3,
    OBWriteFileConsentResponse4,
    OBWriteFileResponse3,
)

PRODUCT = Product(
    kind=ConsentKind.FILE,
    payment="a file of payments",
    order="Order the payments of a file",
    details="Read the payments of a file",
    resource_id="FilePaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteFileConsent3,
    consent_response=OBWriteFileConsentResponse4,
    request=OBWriteFile2,
    response=OBWriteFileResponse3,
)
MEDIA_TYPES = ("application/json", "text/xml")  # of files, by their type
_FILE = f"{consents.COLLECTION}/{{ConsentId}}/file"
_manage = manage_of(ConsentKind.FILE)

# fmt: off
ROWS: tuple[Row, ...] = (
    *rows_of(PRODUCT),
    _manage("POST", _FILE, Operation.UPLOAD_PAYMENT_FILE,
            consents.decode_upload, None, idempotent=True, headers=SENT, answer_headers=(),
            request=bytes, request_media_types=MEDIA_TYPES, body_bytes_max=FILE_BYTES_MAX,
            summary="Upload the file of a consent"),
    _manage("GET", _FILE, Operation.READ_PAYMENT_FILE,
            consents.decode_read_file, consents.encode_file, media_types=MEDIA_TYPES, summary="Read the file of a consent"),
    _manage("GET", f"{payments.COLLECTION}/{{FilePaymentId}}/report-file", Operation.READ_PAYMENT_REPORT,
            payments.decode_read_report, consents.encode_file, media_types=MEDIA_TYPES,
            summary="Read the report of a file of payments"),
)
# fmt: on
