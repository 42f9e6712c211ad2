"""Menus are drafted, published at a time or to some of the calls, and taken back

What was published before was met at once by every call. Its menus are those of the company's last save before it: both
were kept together.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None

COLUMNS = ("revision", "starts", "share", "did", "withdrawn_at", "withdrawn_by")


def upgrade() -> None:
    op.add_column("flow", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("flow", sa.Column("starts", Moment(), nullable=True))
    op.add_column("flow", sa.Column("share", sa.Integer(), nullable=True))
    op.add_column("flow", sa.Column("did", sa.String(length=40), nullable=True))
    op.add_column("flow", sa.Column("withdrawn_at", Moment(), nullable=True))
    op.add_column(
        "flow", sa.Column("withdrawn_by", sa.String(length=200), server_default=sa.text("''"), nullable=False)
    )
    op.execute(
        "UPDATE flow SET revision = (SELECT max(number) FROM company_revision"
        " WHERE company_revision.company = flow.company AND company_revision.at <= flow.published_at)"
    )
    op.create_table(
        "flow_draft",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_flow_draft_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "name", name=op.f("pk_flow_draft")),
    )


def downgrade() -> None:
    op.drop_table("flow_draft")
    # An earlier version meets the greatest number: what nobody is to meet must not be there.
    flow = sa.table("flow", *(sa.column(name) for name in ("share", "did", "withdrawn_at")), sa.column("starts", Moment()))
    hidden = [column.is_not(None) for column in (flow.c.share, flow.c.did, flow.c.withdrawn_at)]
    op.execute(flow.delete().where(sa.or_(*hidden, flow.c.starts > datetime.now(UTC))))
    for name in COLUMNS:
        op.drop_column("flow", name)
