"""The company, its history, accounts and switches"""

import sqlalchemy as sa
from alembic import op

from cordboard.store.columns import Moment

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_company_at"), "audit", ["company", "at"])
    op.create_table(
        "call",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("uniqueid", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("caller_number", sa.String(length=40), nullable=False),
        sa.Column("caller_name", sa.String(length=200), nullable=False),
        sa.Column("entered", Moment(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=True),
        sa.Column("agent", sa.String(length=40), nullable=True),
        sa.Column("waited", sa.Float(), nullable=False),
        sa.Column("talked", sa.Float(), nullable=False),
        sa.Column("held", sa.Float(), nullable=False),
        sa.Column("answered", Moment(), nullable=True),
        sa.Column("ended", Moment(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("node", "uniqueid", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_company_ended"), "call", ["company", "ended"])
    op.create_index(op.f("ix_call_company_entered"), "call", ["company", "entered"])
    op.create_index(op.f("ix_call_ended"), "call", ["ended"])
    op.create_index(op.f("ix_call_entered"), "call", ["entered"])
    op.create_index(op.f("ix_call_outcome"), "call", ["outcome"])
    op.create_table(
        "call_fact",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("uniqueid", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("node", "uniqueid", "sequence", name=op.f("pk_call_fact")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=40), nullable=False),
        sa.Column("time_zone", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "generation",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("revisions", sa.JSON(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("changed", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("node", "number", name=op.f("pk_generation")),
    )
    op.create_table(
        "switch",
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("run_username", sa.String(length=200), nullable=False),
        sa.Column("run_secret", sa.String(length=200), nullable=False),
        sa.Column("deploy_username", sa.String(length=200), nullable=False),
        sa.Column("deploy_secret", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_switch")),
    )
    op.create_table(
        "account",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=True),
        sa.Column("person", sa.String(length=40), nullable=True),
        sa.Column("password_since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["company"], ["company.id"], name=op.f("fk_account_company")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
    )
    op.create_table(
        "blocked_number",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("is_prefix", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_blocked_number_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "number", "is_prefix", name=op.f("pk_blocked_number")),
    )
    op.create_table(
        "flow",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_flow_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "name", "version", name=op.f("pk_flow")),
    )
    op.create_table(
        "hours",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=200), nullable=False),
        sa.Column("open", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.String(length=40), nullable=True),
        sa.Column("closed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_hours_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_hours")),
    )
    op.create_table(
        "message",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sounds", sa.JSON(), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_message_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_message")),
    )
    op.create_table(
        "prompt",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sounds", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_prompt_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_prompt")),
    )
    op.create_table(
        "queue",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("relax", sa.JSON(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("max_wait", sa.Integer(), nullable=False),
        sa.Column("max_waiting", sa.Integer(), nullable=False),
        sa.Column("wrap_up", sa.Integer(), nullable=False),
        sa.Column("music", sa.String(length=40), nullable=False),
        sa.Column("announce_position", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("when_full", sa.JSON(), nullable=False),
        sa.Column("when_late", sa.JSON(), nullable=False),
        sa.Column("when_empty", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_queue_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_queue")),
    )
    op.create_table(
        "sip_secret",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("endpoint", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_sip_secret_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "endpoint", name=op.f("pk_sip_secret")),
    )
    op.create_table(
        "site",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_site_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_site")),
    )
    op.create_table(
        "skill",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_skill_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_skill")),
    )
    op.create_table(
        "trunk",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("header", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("to", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_trunk_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_trunk")),
    )
    op.create_table(
        "voicemail_box",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_voicemail_box_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_voicemail_box")),
    )
    op.create_table(
        "voicemail_pin",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("box", sa.String(length=40), nullable=False),
        sa.Column("pin", sa.String(length=16), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_voicemail_pin_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "box", name=op.f("pk_voicemail_pin")),
    )
    op.create_table(
        "did",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hours", sa.String(length=40), nullable=True),
        sa.Column("open", sa.JSON(), nullable=False),
        sa.Column("closed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("site", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["company", "hours"],
            ["hours.company", "hours.id"],
            name=op.f("fk_did_company_hours"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company", "site"],
            ["site.company", "site.id"],
            name=op.f("fk_did_company_site"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_did_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_did")),
        sa.UniqueConstraint("number", name=op.f("uq_did_number")),
    )
    op.create_table(
        "menu",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prompt", sa.String(length=40), nullable=False),
        sa.Column("barge_in", sa.Boolean(), nullable=False),
        sa.Column("first_digit", sa.Float(), nullable=False),
        sa.Column("inter_digit", sa.Float(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("no_input", sa.JSON(), nullable=False),
        sa.Column("wrong_input", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company", "prompt"],
            ["prompt.company", "prompt.id"],
            name=op.f("fk_menu_company_prompt"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_menu_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_menu")),
    )
    op.create_table(
        "person",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("extension", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company", "site"],
            ["site.company", "site.id"],
            name=op.f("fk_person_company_site"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_person_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_person")),
    )
    op.create_table(
        "phone",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("extension", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["company", "site"],
            ["site.company", "site.id"],
            name=op.f("fk_phone_company_site"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company"], ["company.id"], name=op.f("fk_phone_company"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("company", "id", name=op.f("pk_phone")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("expires", Moment(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_session_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account"), "session", ["account"])
    op.create_table(
        "agent_login",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("endpoint", sa.String(length=40), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("pause_reason", sa.String(length=200), nullable=False),
        sa.Column("paused_since", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company", "person"],
            ["person.company", "person.id"],
            name=op.f("fk_agent_login_company_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company", "person", name=op.f("pk_agent_login")),
    )
    op.create_table(
        "person_skill",
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("skill", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company", "person"],
            ["person.company", "person.id"],
            name=op.f("fk_person_skill_company_person"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company", "skill"],
            ["skill.company", "skill.id"],
            name=op.f("fk_person_skill_company_skill"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("company", "person", "skill", name=op.f("pk_person_skill")),
    )


def downgrade() -> None:
    op.drop_table("person_skill")
    op.drop_table("agent_login")
    op.drop_table("session")
    op.drop_table("phone")
    op.drop_table("person")
    op.drop_table("menu")
    op.drop_table("did")
    op.drop_table("voicemail_pin")
    op.drop_table("voicemail_box")
    op.drop_table("trunk")
    op.drop_table("skill")
    op.drop_table("site")
    op.drop_table("sip_secret")
    op.drop_table("queue")
    op.drop_table("prompt")
    op.drop_table("message")
    op.drop_table("hours")
    op.drop_table("flow")
    op.drop_table("blocked_number")
    op.drop_table("account")
    op.drop_table("switch")
    op.drop_table("generation")
    op.drop_table("company")
    op.drop_table("call_fact")
    op.drop_table("call")
    op.drop_table("audit")
