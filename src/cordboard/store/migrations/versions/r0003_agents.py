"""Reasons of pauses are a company's list; log-ins keep their switch, wrap-ups, pauses to come and unanswered offers

Who was paused stays so, on the one switch that there was. Since when somebody may take calls is not known of log-ins
of before: they count from the log-in.
"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

LOGIN = (
    ("node", sa.String(length=200), sa.text("''")),
    ("paused_by", sa.String(length=200), sa.text("''")),
    ("free_since", Moment(), None),
    ("next_reason", sa.String(length=40), sa.text("''")),
    ("next_by", sa.String(length=200), sa.text("''")),
    ("serving", sa.String(length=40), sa.text("''")),
    ("serving_since", Moment(), None),
    ("wrap_up_queue", sa.String(length=40), sa.text("''")),
    ("wrap_up_since", Moment(), None),
    ("wrap_up_until", Moment(), None),
    ("missed", sa.Integer(), "0"),
)
"""Column, type, what stands in the rows of before; None: nothing."""


def upgrade() -> None:
    op.create_table(
        "pause_reason",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_pause_reason_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_pause_reason")),
    )
    op.add_column("queue", sa.Column("missed_before_pause", sa.Integer(), server_default="1", nullable=False))
    for name, kind, default in LOGIN:
        op.add_column("agent_login", sa.Column(name, kind, server_default=default, nullable=default is None))
    op.execute("UPDATE agent_login SET node = coalesce((SELECT min(node) FROM switch), '')")


def downgrade() -> None:
    for name, _, _ in reversed(LOGIN):
        op.drop_column("agent_login", name)
    op.drop_column("queue", "missed_before_pause")
    op.drop_table("pause_reason")
