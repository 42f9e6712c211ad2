"""Prompts that are heard out whatever lets a key stop what it plays, and notices that are told again"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0011"
down_revision = "r0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("prompt", sa.Column("barge_in", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "notice",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_due"), "notice", ["due"])


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_column("prompt", "barge_in")
