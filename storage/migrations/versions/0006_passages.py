"""passages"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledgedocument",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_knowledgedocument")),
    )
    op.create_table(
        "knowledgevector",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", "model", name=op.f("pk_knowledgevector")),
    )
    op.create_table(
        "knowledgepassage",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["knowledgedocument.name"], name=op.f("fk_knowledgepassage_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledgepassage")),
    )
    with op.batch_alter_table("knowledgepassage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledgepassage_document"), ["document"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        # The words are cut and stemmed already, so the tokenizer has only to split them at the blanks.
        op.execute(
            "CREATE VIRTUAL TABLE knowledge_words USING fts5("
            "passage_id UNINDEXED, title, words, tokenize = \"unicode61 remove_diacritics 0 tokenchars '''' \")"
        )
    else:
        op.execute("CREATE TABLE knowledge_words (passage_id VARCHAR PRIMARY KEY, vector tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_knowledge_words_vector ON knowledge_words USING gin (vector)")


def downgrade() -> None:
    op.drop_table("knowledge_words")
    with op.batch_alter_table("knowledgepassage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledgepassage_document"))

    op.drop_table("knowledgepassage")
    op.drop_table("knowledgevector")
    op.drop_table("knowledgedocument")
