"""versions, holds and what was typed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_id", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("wish", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="{}")
        )
        batch_op.add_column(sa.Column("trust", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("tainted", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="[]")
        )
        batch_op.add_column(
            sa.Column("changes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("edited_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_action_previous_id"), ["previous_id"], unique=False)

    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(
            sa.Column("inputs", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="{}")
        )


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        for name in ("inputs", "version"):
            batch_op.drop_column(name)

    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_previous_id"))
        for name in (
            "reminded_at",
            "hold_until",
            "decided_at",
            "edited_by",
            "changes",
            "tainted",
            "trust",
            "wish",
            "previous_id",
        ):
            batch_op.drop_column(name)
