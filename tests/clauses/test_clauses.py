"""Clauses are read out of docstrings as they are written, and the coverage of a standard is a query."""

from pathlib import Path

import pytest

from tests.clauses.claimed import find_claimed, find_marked
from tests.clauses.coverage import cover, find_faults, render
from tests.clauses.standards import clauses_of, standard_of


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("RFC 9126 section 2.1.", ["RFC9126-2.1"]),
        ("RFC 6750 sections 2.1 and 2.3, RFC 9068 section 4.", ["RFC6750-2.1", "RFC6750-2.3", "RFC9068-4"]),
        (
            "RFC 9110 sections 11.6.1 (on 401), 10.2.1 (on 405) and 10.2.3.",
            ["RFC9110-11.6.1", "RFC9110-10.2.1", "RFC9110-10.2.3"],
        ),
        ("FAPI2-SP-FINAL 5.3.2.1-6 to -8.", [f"FAPI2-SP-FINAL-5.3.2.1-{item}" for item in (6, 7, 8)]),
        ("FAPI2-MS-FINAL 5.3.1-4 and -5; clocks may disagree.", ["FAPI2-MS-FINAL-5.3.1-4", "FAPI2-MS-FINAL-5.3.1-5"]),
        ("RFC 9396 section 5. The response says what was granted (section 7).", ["RFC9396-5", "RFC9396-7"]),
        ("Delegated Regulation (EU) 2018/389 article 36(5)(b).", ["RTS-36.5.b"]),
        ("UK SCA-RTS articles 10 and 10A.", ["UK-RTS-10", "UK-RTS-10A"]),
        ('OBIE R/W 4.0 Account Access Consents, "Permission Codes".', ["OBIE-RW-4.0-permission-codes"]),
        ("OBIE R/W 4.0 Products and Offers. More.", ["OBIE-RW-4.0-products", "OBIE-RW-4.0-offers"]),
        (
            "ETSI EN 319 412-5 section 4.2.3 (QcType), ETSI TS 119 495 section 5.1",
            ["ETSI-EN-319-412-5-4.2.3", "ETSI-TS-119-495-5.1"],
        ),
        ("ISO 8601:2004 sections 4.1 to 4.3.", ["ISO8601-4.1", "ISO8601-4.2", "ISO8601-4.3"]),
        ("CIBA section 7.1 and 13 (invalid_binding_message).", ["OIDC-CIBA-7.1", "OIDC-CIBA-13"]),
        ("RFC 8414, in 2 pieces; whether CIBA is used.", ["RFC8414"]),
    ],
)
def test_clauses_are_read_as_docstrings_name_them(text: str, clauses: list[str]):
    assert list(clauses_of(text)) == clauses
    assert [read for clause in clauses for read in clauses_of(clause)] == clauses


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "code/pushed.py").write_text('"""RFC 9126 section 2."""\ndef f():\n    """RFC 9126 section 4."""\n')
    (tmp_path / "tests/test_pushed.py").write_text(
        "class TestPushed:\n    @pytest.mark.spec('RFC9126-2.1')\n    def test_one(self): ...\n    def test_two(self): ...\n"
    )
    return tmp_path


def test_a_test_of_a_part_covers_the_clause_and_not_the_other_way_round(tree: Path):
    first, second = cover(find_claimed(tree, ["code"]), find_marked(tree))
    assert (first.clause, first.claims, first.tests) == (
        "RFC9126-2",
        ("code/pushed.py",),
        ("tests/test_pushed.py::TestPushed::test_one",),
    )
    assert (second.clause, second.claims, second.tests) == ("RFC9126-4", ("code/pushed.py::f",), ())
    (tree / "tests/test_pushed.py").write_text("@pytest.mark.spec('RFC9126')\ndef test_one(): ...\n")
    assert [covered.tests for covered in cover(find_claimed(tree, ["code"]), find_marked(tree))] == [(), ()]


def test_a_claimed_clause_without_a_test_is_a_fault(tree: Path):
    coverage = cover(find_claimed(tree, ["code"]), find_marked(tree))
    assert [fault.split()[0] for fault in find_faults(coverage)] == ["RFC9126-4"]
    assert "\n".join(render(coverage)).splitlines()[0] == "RFC9126: 2 claimed, 1 held by 1 tests"


@pytest.mark.parametrize("mark", ["session fixation", "RFC 9126 sections 2 and 4"])
def test_a_mark_that_does_not_name_one_clause_is_refused(tree: Path, mark: str):
    (tree / "tests/test_pushed.py").write_text(f"@pytest.mark.spec('{mark}')\ndef test_one(): ...\n")
    with pytest.raises(ValueError, match="does not name one clause"):
        find_marked(tree)
    with pytest.raises(ValueError, match="no standard"):
        standard_of("XYZ-1")
