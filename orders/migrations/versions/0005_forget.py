"""Let PostgreSQL forget orders by a function of the tables' owner: the application's role removes no order and no event by a statement.

For a session of another role than the owner's, an order goes once none of its events is younger than six years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORGET = """
CREATE FUNCTION orders_forget(of_brand text, ids text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, {schema}, pg_temp AS $rule$
DECLARE before bigint := 9223372036854775807;
BEGIN
  IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
    before := extract(epoch FROM clock_timestamp() - interval '2196 days')::bigint * 1000000;
  END IF;
  DELETE FROM orders o WHERE o.brand = of_brand AND o.id = ANY (ids)
    AND NOT EXISTS (SELECT 1 FROM order_events n WHERE n.brand = o.brand AND n.order_id = o.id AND n.at > before);
  DELETE FROM order_events e WHERE e.brand = of_brand AND e.order_id = ANY (ids)
    AND NOT EXISTS (SELECT 1 FROM order_events n WHERE n.brand = e.brand AND n.order_id = e.order_id AND n.at > before);
END
$rule$"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
        bind.exec_driver_sql(FORGET.format(schema=schema))
