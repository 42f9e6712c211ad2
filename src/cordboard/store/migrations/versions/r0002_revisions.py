"""Every revision of a company is kept; secrets are retired before they go; a queue has a strategy

A company of r0001 knows its present revision alone: that becomes the first one that is kept.
"""

import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

HEAD = ("id", "name", "language", "country", "time_zone")
KINDS = {
    "site": "site",
    "skill": "skill",
    "person": "person",
    "person_skill": None,
    "phone": "phone",
    "hours": "hours",
    "prompt": "prompt",
    "message": "message",
    "voicemail_box": "voicemail",
    "queue": "queue",
    "menu": "menu",
    "did": "did",
    "trunk": "trunk",
    "blocked_number": "blocked",
}
"""What a row of each table is; None for a part of another."""


def upgrade() -> None:
    op.add_column(
        "queue", sa.Column("strategy", sa.String(length=40), server_default="longest_idle", nullable=False)
    )
    op.add_column("sip_secret", sa.Column("retired", Moment(), nullable=True))
    with op.batch_alter_table("sip_secret") as table:  # one that was made elsewhere may be longer than ours
        table.alter_column("secret", existing_type=sa.String(length=64), type_=sa.String(length=128))
    op.add_column("voicemail_pin", sa.Column("retired", Moment(), nullable=True))
    revisions = op.create_table(
        "company_revision",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("touched", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"],
            ["company.id"],
            name=op.f("fk_company_revision_company"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("company", "number", name=op.f("pk_company_revision")),
    )
    for entry in _present_revisions():
        op.execute(revisions.insert().values(entry))


def downgrade() -> None:
    op.drop_table("company_revision")
    for name in ("sip_secret", "voicemail_pin"):
        op.execute(f"DELETE FROM {name} WHERE retired IS NOT NULL")
        op.drop_column(name, "retired")
    with op.batch_alter_table("sip_secret") as table:
        table.alter_column("secret", existing_type=sa.String(length=128), type_=sa.String(length=64))
    op.drop_column("queue", "strategy")


def _present_revisions() -> list[dict[str, Any]]:
    # Read as the tables are now, not as a later version of the code knows them.
    connection, found = op.get_bind(), sa.MetaData()
    head, *tables = (
        sa.Table(name, found, autoload_with=connection, resolve_fks=False) for name in ("company", *KINDS)
    )
    columns = [head.c.revision, sa.type_coerce(head.c.saved_at, Moment()).label("saved_at")]
    entries = []
    for company in connection.execute(sa.select(*(head.c[name] for name in HEAD), *columns)).mappings().all():
        touched: dict[str, list[str]] = {"company": [company["id"]]}
        rows: dict[str, Any] = {}
        for table in tables:
            keys = [column for column in table.primary_key if column.name != "company"]
            query = sa.select(*(column for column in table.c if column.name != "company")).order_by(*keys)
            of_company = connection.execute(query.where(table.c.company == company["id"])).mappings().all()
            if not of_company:
                continue
            rows[table.name] = {"columns": list(of_company[0]), "values": [list(row.values()) for row in of_company]}
            if kind := KINDS[table.name]:
                touched[kind] = [
                    row["id"] if "id" in row else row["number"] + ("..." if row["is_prefix"] else "")
                    for row in of_company
                ]
        content = {"head": {name: company[name] for name in HEAD}, "rows": rows}
        entries.append(
            {
                "company": company["id"],
                "number": company["revision"],
                "by": "upgrade",
                "at": company["saved_at"],
                "reason": "",
                "touched": touched,
                "content": zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()),
            }
        )
    return entries
