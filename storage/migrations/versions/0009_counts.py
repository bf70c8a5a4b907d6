"""counts that read no whole row"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_message_doubtful",
        "message",
        ["id"],
        sqlite_where=sa.text("possible_duplicate = 1"),
        postgresql_where=sa.text("possible_duplicate"),
    )
    op.create_index("ix_run_totals", "run", ["state", "input_tokens", "cached_tokens", "output_tokens", "cost_micros"])


def downgrade() -> None:
    op.drop_index("ix_run_totals", "run")
    op.drop_index("ix_message_doubtful", "message")
