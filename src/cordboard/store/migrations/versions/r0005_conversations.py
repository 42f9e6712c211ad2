"""Every call that people have is kept, also those that nobody received from outside; a received call names the one it is
part of

Of calls of before nothing but the received ones is known.
"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("uniqueid", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("caller_number", sa.String(length=40), nullable=False),
        sa.Column("caller_name", sa.String(length=200), nullable=False),
        sa.Column("dialled", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=True),
        sa.Column("agent", sa.String(length=40), nullable=True),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("answered", Moment(), nullable=True),
        sa.Column("ended", Moment(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(length=40), nullable=False),
        sa.Column("waited", sa.Float(), nullable=False),
        sa.Column("rang", sa.Float(), nullable=False),
        sa.Column("talked", sa.Float(), nullable=False),
        sa.Column("held", sa.Float(), nullable=False),
        sa.Column("parked", sa.Float(), nullable=False),
        sa.Column("merged_into", sa.String(length=200), nullable=True),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "uniqueid", name=op.f("pk_conversation")),
    )
    op.create_index(op.f("ix_conversation_company_ended"), "conversation", ["company", "ended"])
    op.add_column(
        "call", sa.Column("conversation", sa.String(length=200), server_default=sa.text("''"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("call", "conversation")
    op.drop_table("conversation")
