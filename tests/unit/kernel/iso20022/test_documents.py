"""Documents of others: bombs, entities, two roots, other namespaces and great sizes are refused before anything is made of them."""

import threading

import pytest

from kernel.iso20022 import documents
from kernel.iso20022.documents import DOCUMENT_BYTES_MAX, INLINE_BYTES_MAX, parse, parse_apart
from kernel.iso20022.nodes import DocumentRefused

MESSAGE = "camt.053.001.08"
XMLNS = f'xmlns="urn:iso:std:iso:20022:tech:xsd:{MESSAGE}"'
GOOD = f"<Document {XMLNS}><BkToCstmrStmt><A>b</A></BkToCstmrStmt></Document>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
REFUSED = {
    "bomb": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><Document {XMLNS}><B>&l9;</B></Document>',
    "internal entity": f'<!DOCTYPE x [<!ENTITY e "1">]><Document {XMLNS}><B>&e;</B></Document>',
    "external entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document {XMLNS}><B>&e;</B></Document>',
    "parameter entity": f'<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:1/x"> %e;]><Document {XMLNS}><B/></Document>',
    "doctype alone": f'<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/x.dtd"><Document {XMLNS}><B/></Document>',
    "entity without a doctype": f"<Document {XMLNS}><B>&e;</B></Document>",
    "two roots": GOOD + GOOD,
    "trailing text": GOOD + "more",
    "two messages": f"<Document {XMLNS}><B/><B/></Document>",
    "no message": f"<Document {XMLNS}/>",
    "no namespace": "<Document><B/></Document>",
    "another root": f"<Doc {XMLNS}><B/></Doc>",
    "another version": GOOD.replace("001.08", "001.99"),
    "another standard": GOOD.replace("iso:std", "iso:other"),
    "an element of another namespace": f'<Document {XMLNS}><B><x:A xmlns:x="urn:other"/></B></Document>',
    "an element of none": f'<Document {XMLNS}><B><A xmlns=""/></B></Document>',
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?>' + GOOD,
    "deep": f"<Document {XMLNS}>{'<A>' * 5_000}{'</A>' * 5_000}</Document>",
    "nothing": "",
    "no XML": "{}",
}


def test_a_good_one_is_read() -> None:
    message, node = parse(GOOD.encode(), {MESSAGE})
    assert (message, node.name, node.text("A")) == (MESSAGE, "BkToCstmrStmt", "b")


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    text = REFUSED[name]
    with pytest.raises(DocumentRefused):
        parse(text.encode("utf-16" if name == "another encoding" else "utf-8"), {MESSAGE})


def test_supplementary_data_may_be_of_another_namespace() -> None:
    inside = '<SplmtryData><Envlp><x:A xmlns:x="urn:other"/></Envlp></SplmtryData>'
    assert parse(f"<Document {XMLNS}><B>{inside}</B></Document>".encode(), {MESSAGE})[1].name == "B"


def test_many_envelopes_are_passed_once_each() -> None:
    """To look for that of an element among all of them would take minutes."""
    envelopes = "<Envlp><x:A/></Envlp>" * 300_000
    assert parse(f'<Document {XMLNS} xmlns:x="urn:other"><B>{envelopes}</B></Document>'.encode(), {MESSAGE})[1].name == "B"
    after = f'<Document {XMLNS} xmlns:x="urn:other"><B><Envlp><Envlp><x:A/></Envlp><x:A/></Envlp><x:A/></B></Document>'
    with pytest.raises(DocumentRefused):
        parse(after.encode(), {MESSAGE})


async def test_two_hundred_megabytes_meet_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents.etree, "fromstring", None)
    with pytest.raises(DocumentRefused, match="209,715,200 bytes"):
        await parse_apart(bytes(200 * 1024 * 1024), {MESSAGE})
    with pytest.raises(DocumentRefused):
        parse(bytes(DOCUMENT_BYTES_MAX + 1), {MESSAGE})


async def test_a_large_one_is_parsed_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    parsed = documents.etree.fromstring

    def note(*arguments: object) -> object:
        threads.append(threading.current_thread())
        return parsed(*arguments)

    monkeypatch.setattr(documents.etree, "fromstring", note)
    await parse_apart(GOOD.encode(), {MESSAGE})
    await parse_apart(GOOD.replace(">b<", f">{'b' * INLINE_BYTES_MAX}<").encode(), {MESSAGE})
    assert threads[0] is threading.main_thread()
    assert threads[1] is not threading.main_thread()


def test_a_refusal_repeats_nothing_of_the_document() -> None:
    with pytest.raises(DocumentRefused) as refused:
        parse(GOOD.encode(), {MESSAGE})[1].money("A")
    assert str(refused.value) == "line 1, A: not a currency of ISO 4217"
