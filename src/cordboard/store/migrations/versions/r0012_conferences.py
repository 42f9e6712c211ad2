"""Conferences, with the PINs of their guests and of their hosts; what callers may say to a menu"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0012"
down_revision = "r0011"
branch_labels = None
depends_on = None

_PINS = ("conference_pin", "conference_host_pin")


def upgrade() -> None:
    op.create_table(
        "conference",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("most_members", sa.Integer(), nullable=False),
        sa.Column("wait_for_host", sa.Boolean(), nullable=False),
        sa.Column("announce", sa.Boolean(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_conference_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_conference")),
    )
    for table in _PINS:
        op.create_table(
            table,
            sa.Column("company", sa.String(length=40), nullable=False),
            sa.Column("conference", sa.String(length=40), nullable=False),
            sa.Column("pin", sa.String(length=16), nullable=False),
            sa.Column("created", Moment(), nullable=False),
            sa.Column("retired", Moment(), nullable=True),
            sa.ForeignKeyConstraint(
                ["company"], ["company.id"], name=op.f(f"fk_{table}_company"), initially="DEFERRED", deferrable=True
            ),
            sa.PrimaryKeyConstraint("company", "conference", name=op.f(f"pk_{table}")),
        )
    op.add_column("menu", sa.Column("speech", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("menu", "speech")
    for table in reversed(_PINS):
        op.drop_table(table)
    op.drop_table("conference")
