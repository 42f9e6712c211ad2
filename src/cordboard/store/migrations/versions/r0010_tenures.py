"""One daemon serves a switch, and history tells of messages left and of calls that only records tell of

Whether a message was left is in the stories of the calls that are there already.
"""

import json

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0010"
down_revision = "r0009"
branch_labels = None
depends_on = None

_CONVERSATION = sa.table(
    "conversation",
    sa.column("node", sa.String()),
    sa.column("uniqueid", sa.String()),
    sa.column("message_left", sa.Boolean()),
    sa.column("story", sa.Text()),
)


def upgrade() -> None:
    op.add_column("conversation", sa.Column("message_left", sa.Boolean(), nullable=True))
    op.add_column("conversation", sa.Column("is_repaired", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_conversation_node_started"), "conversation", ["node", "started"])
    _tell_of_messages()
    op.create_table(
        "tenure",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("kernel", sa.String(length=200), nullable=False),
        sa.Column("process", sa.String(length=200), nullable=False),
        sa.Column("lock", sa.String(length=200), nullable=False),
        sa.Column("left_over", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_tenure")),
    )


def _tell_of_messages() -> None:
    row = _CONVERSATION
    connection = op.get_bind()
    told = sa.select(row.c.node, row.c.uniqueid, row.c.story).where(
        sa.or_(row.c.story.contains('"message_left":true'), row.c.story.contains('"message_left":false'))
    )
    for node, uniqueid, story in connection.execute(told).all():
        is_left = json.loads(story).get("message_left")
        if isinstance(is_left, bool):
            here = sa.and_(row.c.node == node, row.c.uniqueid == uniqueid)
            connection.execute(sa.update(row).where(here).values(message_left=is_left))


def downgrade() -> None:
    op.drop_table("tenure")
    op.drop_index(op.f("ix_conversation_node_started"), "conversation")
    op.drop_column("conversation", "is_repaired")
    op.drop_column("conversation", "message_left")
