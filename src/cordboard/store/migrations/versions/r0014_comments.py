"""What the author of a company file notes there is kept"""

import sqlalchemy as sa
from alembic import op

revision = "r0014"
down_revision = "r0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_comment",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("comments", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_company_comment_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "section", "item", name=op.f("pk_company_comment")),
    )


def downgrade() -> None:
    op.drop_table("company_comment")
