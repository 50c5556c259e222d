"""Read the few DER structures that no library reads for us, strictly. ITU-T X.690 sections 8 and 10.

Every length is definite and in its shortest form, every tag one octet, and nothing may be left over. What is read is copied nowhere
and costs no more than its size, whatever it says of itself.
"""

OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
SEQUENCE = 0x30

ARC_OCTETS_MAX = 5  # of one number in an object identifier: more than any that was ever assigned
LENGTH_OCTETS_MAX = 3

Element = tuple[int, bytes]  # tag, content


class DerInvalid(ValueError):
    """The bytes are no DER, or another structure than was asked for."""


def read_elements(content: bytes, elements_max: int) -> tuple[Element, ...]:
    """What follows one another in `content`. Raises DerInvalid, also for more than `elements_max`."""
    elements: list[Element] = []
    at = 0
    while at < len(content):
        if len(elements) == elements_max:
            raise DerInvalid(f"more than {elements_max} elements")
        element, at = _read_element(content, at)
        elements.append(element)
    return tuple(elements)


def read_only(content: bytes, tag: int) -> bytes:
    """The content of the one element that `content` consists of. Raises DerInvalid."""
    elements = read_elements(content, 1)
    if not elements:
        raise DerInvalid("nothing")
    return content_of(elements[0], tag)


def content_of(element: Element, tag: int) -> bytes:
    """Raises DerInvalid for an element of another kind."""
    if element[0] != tag:
        raise DerInvalid(f"tag {element[0]:#x} in place of {tag:#x}")
    return element[1]


def identifier_of(element: Element) -> str:
    """An object identifier in dotted form. Raises DerInvalid."""
    content = content_of(element, OBJECT_IDENTIFIER)
    arcs: list[int] = []
    value = octets = 0
    for octet in content:
        octets += 1
        if octets > ARC_OCTETS_MAX or (octets == 1 and octet == 0x80):
            raise DerInvalid("a number too long, or padded")
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(value)
            value = octets = 0
    if octets or not arcs:
        raise DerInvalid("an object identifier that ends within a number")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def text_of(element: Element, characters_max: int) -> str:
    """A UTF-8 string of at least one printable character. Raises DerInvalid."""
    content = content_of(element, UTF8_STRING)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise DerInvalid("not UTF-8") from None
    if not 1 <= len(text) <= characters_max or not text.isprintable():
        raise DerInvalid("an empty, endless or unprintable text")
    return text


def _read_element(content: bytes, at: int) -> tuple[Element, int]:
    if at + 2 > len(content) or content[at] & 0x1F == 0x1F:
        raise DerInvalid("an element cut short, or with a tag of several octets")
    tag, length, begin = content[at], content[at + 1], at + 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= LENGTH_OCTETS_MAX or begin + octets > len(content):
            raise DerInvalid("an indefinite, endless or cut length")
        length = int.from_bytes(content[begin : begin + octets])
        if length < 0x80 or length >> 8 * (octets - 1) == 0:
            raise DerInvalid("a length that is not in its shortest form")
        begin += octets
    if begin + length > len(content):
        raise DerInvalid("an element longer than what holds it")
    return (tag, content[begin : begin + length]), begin + length
