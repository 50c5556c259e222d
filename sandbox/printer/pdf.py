"""Write a PDF of plain text: pages, two weights of one built-in typeface, horizontal rules. PDF 1.7, ISO 32000-1.

The same content gives the same bytes. Text outside Windows-1252 is reduced to what the typeface has.
"""

import unicodedata
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

WIDTH, HEIGHT = 595, 842  # points: A4
REGULAR, BOLD = "F1", "F2"

# Advance widths in thousandths of the size, from the blank to the tilde (Adobe Font Metrics of Helvetica and Helvetica-Bold).
_REGULAR_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_BOLD_WIDTHS = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
_WIDTHS = {
    font: {chr(code): width for code, width in enumerate(widths, 32)}
    for font, widths in ((REGULAR, _REGULAR_WIDTHS), (BOLD, _BOLD_WIDTHS))
}
_OTHER_WIDTH = 556  # of what is not there: most letters, digits and currency signs
_BEGIN = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@dataclass(slots=True)
class Page:
    """Coordinates are points from the top left corner; a text's lie at the left end of its baseline."""

    operations: list[bytes] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
        shown = _escape(_encode(text))
        self.operations.append(b"BT /%s %g Tf %g %g Td (%s) Tj ET" % (font.encode(), size, x, HEIGHT - y, shown))

    def write_right(self, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
        """Ends at `x`."""
        self.write(round(x - width_of(text, size, font), 2), y, text, size, font)

    def rule(self, x: float, y: float, length: float, weight: float = 0.5) -> None:
        self.operations.append(b"%g w %g %g m %g %g l S" % (weight, x, HEIGHT - y, x + length, HEIGHT - y))


def render_pdf(pages: list[Page], title: str, created_at: datetime) -> bytes:
    """The document: catalogue, page tree, fonts, then each page with its content, and a table of where each object begins."""
    first_page = 6
    kids = b" ".join(b"%d 0 R" % (first_page + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids),
        _font(b"Helvetica"),
        _font(b"Helvetica-Bold"),
        b"<< /Title (%s) /CreationDate (D:%s) >>"
        % (_escape(_encode(title)), created_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
    ]
    for number, page in enumerate(pages):
        content = zlib.compress(b"\n".join(page.operations), 9)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /%s 3 0 R /%s 4 0 R >> >> /Contents %d 0 R >>"
            % (WIDTH, HEIGHT, REGULAR.encode(), BOLD.encode(), first_page + 2 * number + 1)
        )
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content))
    return _assemble(objects)


def width_of(text: str, size: float, font: str = REGULAR) -> float:
    """Points that the text takes."""
    widths = _WIDTHS[font]
    plain = text if text.isascii() else "".join(map(_plain, text))
    return sum(widths.get(character, _OTHER_WIDTH) for character in plain) * size / 1000


def fit(text: str, size: float, width: float, font: str = REGULAR) -> str:
    """As much of the text as fits, with an ellipsis if that is not all of it."""
    if width_of(text, size, font) <= width:
        return text
    while text and width_of(f"{text}...", size, font) > width:
        text = text[:-1]
    return f"{text.rstrip()}..."


def _assemble(objects: list[bytes]) -> bytes:
    parts, places, offset = [_BEGIN], [], len(_BEGIN)
    for number, body in enumerate(objects, 1):
        places.append(offset)
        part = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        parts.append(part)
        offset += len(part)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, offset))
    return b"".join(parts)


def _font(name: bytes) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name


def _encode(text: str) -> bytes:
    """Windows-1252; a letter that it lacks loses its accent, and anything else becomes a question mark."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return b"".join(_encode_one(character) for character in text)


def _encode_one(character: str) -> bytes:
    if unicodedata.category(character) == "Cc":
        return b" "
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return _plain(character).encode("ascii", "replace")


def _plain(character: str) -> str:
    return unicodedata.normalize("NFKD", character)[0]


def _escape(text: bytes) -> bytes:
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
