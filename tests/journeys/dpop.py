"""TPPs whose tokens are bound to DPoP keys."""

from tests.harness.judged import JudgedTpp


async def enrolled(acme: JudgedTpp, name: str, **asked: str) -> JudgedTpp:
    """One of this name on acme's server, made by the first who asks."""
    if not (acme.server.state_dir / "tpps" / name).exists():
        made = await acme.control("/tpps", {"name": name, "alg": "ES256", "sender_constraint": "dpop", **asked})
        assert made.status == 200, made.body
    return JudgedTpp.of(acme.server, name)
