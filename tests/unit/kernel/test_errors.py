"""The log line of a refusal."""

from kernel.errors import FieldMissing


def test_a_refusal_without_words_of_its_own_names_the_member():
    assert FieldMissing(path="Data.Permissions").detail == "Data.Permissions"
    assert FieldMissing("no permission", path="Data.Permissions").detail == "no permission"
