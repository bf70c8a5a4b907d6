"""keys of the console, and indexes for its queue and charts"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consolekey",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_consolekey")),
    )
    op.create_index("ix_ticket_channel_id", "ticket", ["channel", "id"])
    live = sa.text("status NOT IN ('solved', 'closed')")
    op.create_index("ix_ticket_live", "ticket", ["id"], sqlite_where=live, postgresql_where=live)
    op.create_index(op.f("ix_ticket_owner"), "ticket", ["owner"])
    op.create_index(op.f("ix_run_started_at"), "run", ["started_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_run_started_at"), "run")
    op.drop_index(op.f("ix_ticket_owner"), "ticket")
    op.drop_index("ix_ticket_live", "ticket")
    op.drop_index("ix_ticket_channel_id", "ticket")
    op.drop_table("consolekey")
