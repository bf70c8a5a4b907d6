"""places, files, drafts and the desk's own columns"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "cannedreply",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cannedreply")),
    )
    op.create_table(
        "place",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("external_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.String(16), nullable=True),
        sa.Column("mode_by", sa.String(), nullable=False),
        sa.Column("moved_to", sa.String(64), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("pk_place")),
    )
    op.create_table(
        "knowledgeproposal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_knowledgeproposal_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledgeproposal")),
        sa.UniqueConstraint("source", name=op.f("uq_knowledgeproposal_source")),
    )
    op.create_table(
        "rating",
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rating_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_rating")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="{}")
        )
        batch_op.add_column(sa.Column("stored", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.String(16), nullable=False, server_default="normal"))
        batch_op.add_column(
            sa.Column("tags", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("solve_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_answer_due_at"), ["answer_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_merged_into"), ["merged_into"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_merged_into"))
        batch_op.drop_index(batch_op.f("ix_ticket_answer_due_at"))
        batch_op.drop_column("solved_at")
        batch_op.drop_column("solve_due_at")
        batch_op.drop_column("answer_due_at")
        batch_op.drop_column("merged_into")
        batch_op.drop_column("snoozed_until")
        batch_op.drop_column("tags")
        batch_op.drop_column("priority")

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_column("note")
        batch_op.drop_column("stored")
        batch_op.drop_column("source")

    op.drop_table("rating")
    op.drop_table("knowledgeproposal")
    op.drop_table("place")
    op.drop_table("cannedreply")
    op.drop_table("blob")
