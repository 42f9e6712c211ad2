"""What agents did is kept, from when to when: of before nothing is known"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_span",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("node", "company", "agent", "since", name=op.f("pk_agent_span")),
    )
    op.create_index(op.f("ix_agent_span_company_until"), "agent_span", ["company", "until"])


def downgrade() -> None:
    op.drop_table("agent_span")
