"""big numbers"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTERS = ("input_tokens", "cached_tokens", "output_tokens", "cost_micros")
NUMBERS = (
    ("action", "amount_minor"),
    ("attachment", "size"),
    ("blob", "size"),
    *(("run", name) for name in COUNTERS),
    *(("step", name) for name in COUNTERS),
)


def upgrade() -> None:
    _turn_into(sa.BigInteger())


def downgrade() -> None:
    _turn_into(sa.Integer())


def _turn_into(kind: sa.types.TypeEngine[int]) -> None:
    """An INTEGER of SQLite has 64 bits already."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in NUMBERS:
        op.alter_column(table, column, type_=kind)
