"""mail names codes and follow ups"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "onetimecode",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_onetimecode_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_onetimecode_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onetimecode")),
        sa.UniqueConstraint("run_id", name=op.f("uq_onetimecode_run_id")),
    )
    with op.batch_alter_table("onetimecode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_onetimecode_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "mailname",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_mailname_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailname")),
        sa.UniqueConstraint("name", "message_id", name=op.f("uq_mailname_name_message_id")),
    )
    with op.batch_alter_table("mailname", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailname_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mailname_name"), ["name"], unique=False)

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("follows", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_follows"), ["follows"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_follows"))
        batch_op.drop_column("follows")

    with op.batch_alter_table("mailname", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailname_name"))
        batch_op.drop_index(batch_op.f("ix_mailname_message_id"))

    op.drop_table("mailname")
    with op.batch_alter_table("onetimecode", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_onetimecode_ticket_id"))

    op.drop_table("onetimecode")
