"""People and phones may have a permission to dial out: nobody of before has one"""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None

_HAVE_PERMISSIONS = ("site", "person", "phone")


def upgrade() -> None:
    for table in _HAVE_PERMISSIONS:
        op.add_column(table, sa.Column("outgoing", sa.String(length=40), nullable=True))
    op.add_column("trunk", sa.Column("shows", sa.String(length=40), nullable=True))
    op.create_table(
        "outgoing",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("national", sa.JSON(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("world", sa.Boolean(), nullable=False),
        sa.Column("prefixes", sa.JSON(), nullable=False),
        sa.Column("never", sa.JSON(), nullable=False),
        sa.Column("most_calls", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_outgoing_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_outgoing")),
    )
    op.create_table(
        "dialling",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("trunks", sa.JSON(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("most_calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_dialling_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", name=op.f("pk_dialling")),
    )


def downgrade() -> None:
    op.drop_table("dialling")
    op.drop_table("outgoing")
    op.drop_column("trunk", "shows")
    for table in reversed(_HAVE_PERMISSIONS):
        op.drop_column(table, "outgoing")
