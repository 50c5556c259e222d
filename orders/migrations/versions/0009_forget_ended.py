"""Let PostgreSQL forget orders only once their last recorded event was an end: an order's row may say so without one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FORGET = """
CREATE OR REPLACE FUNCTION orders_forget(of_brand text, ids text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, {schema}, pg_temp AS $rule$
DECLARE before bigint := 9223372036854775807;
DECLARE past text[];
BEGIN
  IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
    before := extract(epoch FROM clock_timestamp() - interval '2196 days')::bigint * 1000000;
  END IF;
  SELECT array_agg(l.order_id) INTO past FROM (
    SELECT DISTINCT ON (e.order_id) e.order_id, e.to_state, max(e.at) OVER (PARTITION BY e.order_id) AS youngest FROM order_events e
      WHERE e.brand = of_brand AND e.order_id = ANY (ids) ORDER BY e.order_id, e.version DESC) l
    WHERE l.to_state IN ('settled', 'rejected', 'cancelled') AND l.youngest <= before;
  DELETE FROM orders o WHERE o.brand = of_brand AND o.id = ANY (past);
  DELETE FROM order_events e WHERE e.brand = of_brand AND e.order_id = ANY (past);
END
$rule$"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
        bind.exec_driver_sql(FORGET.format(schema=schema))
