"""A wrong statement leaves the chain by the decision of two operators; what is left of the account's is judged again.

Payments that were matched with lines which it alone had are not matched any more: they meet the lines of the right statement. The journal
has them, and the history of the break has the decision.
"""

from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.storage.sealed import Sealer
from orders.reconciliation.broken import Break
from orders.reconciliation.chain import QUARANTINED, Verdict, judge_chain
from orders.reconciliation.lines import lines_of
from orders.reconciliation.rows import delete_matches, load_statements, write_verdict


async def discard_statement(unit: UnitOfWork, sealer: Sealer, brand: Brand, broken: Break) -> list[str]:
    """The items that are not matched any more. Raises FieldInvalid for a statement that is admitted by now."""
    connection, name = unit.connection, tuple(broken.subjects[:2])
    kept = await load_statements(connection, sealer, brand.name, broken.account, broken.effect.currency)
    found = next((each for each in kept if each == name), None)
    if found is None or kept[found][1] not in QUARANTINED:
        raise FieldInvalid("break", public="The statement is not in quarantine any more.", path="break")
    wrong, _ = kept[found]
    left = {each: of for each, of in kept.items() if each != found and of[1] is not Verdict.DISCARDED}
    await write_verdict(connection, brand.name, *found, Verdict.DISCARDED)
    for each, verdict in judge_chain([statement for statement, _ in left.values()]).items():
        if left[each][1] is not verdict:
            await write_verdict(connection, brand.name, *each, verdict)
    others = {line.id for line in lines_of([statement for (key, _), (statement, _) in left.items() if key == wrong.key])}
    gone = [line.id for line in lines_of([wrong]) if line.id not in others]
    return await delete_matches(connection, brand.name, gone)
