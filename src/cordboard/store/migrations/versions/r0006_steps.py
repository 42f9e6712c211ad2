"""Menus lead through steps: choices of language, digits that are typed"""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "step",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_step_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_step")),
    )


def downgrade() -> None:
    op.drop_table("step")
