"""The private keys of operators: made once, for their owner alone, and only Ed25519."""

import tomllib

import msgspec
import pytest
from joserfc.jwk import ECKey, OKPKey

from kernel.config import ConfigurationRefused
from portcullis.cli.operators.commands import make_key
from portcullis.compose.keys.operator_keys import load_operator_key, make_operator_key, operator_of
from portcullis.settings.operators import OperatorSettings, check_operators


def test_a_key_is_made_for_its_owner_alone_and_never_written_over(tmp_path):
    file = tmp_path / "ann.key"
    made = make_operator_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_operator_key(file).kid == made.kid == operator_of("ann", made).key().kid
    with pytest.raises(ConfigurationRefused, match="is there already"):
        make_operator_key(file)
    assert load_operator_key(file).kid == made.kid


@pytest.mark.parametrize(
    "content",
    [
        b"no key",
        ECKey.generate_key("P-256").as_pem(private=True),
        OKPKey.generate_key("X25519").as_pem(private=True),
        OKPKey.generate_key("Ed25519").as_pem(private=False),
    ],
    ids=["text", "another kind", "another curve", "public"],
)
def test_what_is_no_private_ed25519_key_is_refused(tmp_path, content):
    file = tmp_path / "ann.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigurationRefused, match="must hold a private Ed25519 key"):
        load_operator_key(file)


def test_a_key_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "ann.key"
    make_operator_key(file)
    file.chmod(0o640)
    with pytest.raises(ConfigurationRefused, match="chmod 600"):
        load_operator_key(file)
    with pytest.raises(ConfigurationRefused, match="cannot be read"):
        load_operator_key(tmp_path / "bea.key")


def test_the_command_prints_what_the_configuration_needs(tmp_path, capsys):
    make_key("ann", tmp_path / "ann.key")
    shown = capsys.readouterr().out
    (entry,) = tomllib.loads(shown)["operators"]
    operator = msgspec.convert(entry, OperatorSettings)
    check_operators((operator,))
    assert operator.key().kid == load_operator_key(tmp_path / "ann.key").kid
    assert operator.may("reconcile approve")
    with pytest.raises(ConfigurationRefused, match="lower-case"):
        make_key("Ann B", tmp_path / "b.key")
    assert not (tmp_path / "b.key").exists()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"name": "Ann"}, "operators.name"),
        ({"name": "bea"}, "operators.name: two"),
        ({"public_key": "x"}, "operators.public_key"),
        ({"commands": ()}, "operators.commands"),
        ({"commands": ("orders pay",)}, "unknown are orders pay"),
    ],
)
def test_operators_that_are_one_person_or_may_do_nothing_are_refused(tmp_path, changed, named):
    ann, bea = (operator_of(name, make_operator_key(tmp_path / name)) for name in ("ann", "bea"))
    check_operators((ann, bea))
    with pytest.raises(ConfigurationRefused, match=named):
        check_operators((msgspec.structs.replace(ann, **changed), bea))
    with pytest.raises(ConfigurationRefused, match="have the same key"):
        check_operators((ann, msgspec.structs.replace(bea, public_key=ann.public_key)))
