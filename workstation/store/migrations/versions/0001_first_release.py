"""The first released schema."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STORE = """
CREATE TABLE station (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_station_single CHECK (id = 1),
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY,
    entry_id TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    local_offset INTEGER NOT NULL,
    station TEXT NOT NULL,
    account TEXT NOT NULL,
    verb TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    base_version INTEGER,
    version INTEGER,
    changes TEXT NOT NULL,
    reason TEXT NOT NULL,
    signature TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX ix_journal_record ON journal (kind, record_id) WHERE kind <> 'measurement_batch';
CREATE TABLE journal_head (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_journal_head_single CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    measurements INTEGER NOT NULL,
    subgroups INTEGER NOT NULL,
    refused INTEGER NOT NULL
);
CREATE TABLE term (
    id INTEGER NOT NULL PRIMARY KEY,
    word TEXT NOT NULL CONSTRAINT uq_term_word UNIQUE
)
"""

RECORDS = """
CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    verifier TEXT,
    active BOOLEAN NOT NULL,
    failures INTEGER NOT NULL,
    locked BOOLEAN NOT NULL,
    CONSTRAINT ck_account_role
        CHECK (role IN ('inspector', 'engineer', 'supervisor', 'auditor', 'administrator', 'service')),
    CONSTRAINT uq_account_uid UNIQUE (uid),
    CONSTRAINT uq_account_name UNIQUE (name)
);
CREATE TABLE capa (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    problem TEXT NOT NULL,
    evidence TEXT NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    cause_method TEXT,
    cause TEXT,
    similar_products TEXT,
    criterion TEXT,
    check_due TEXT,
    result TEXT,
    effective BOOLEAN,
    verified_by TEXT,
    verified_at INTEGER,
    closed_by TEXT,
    closed_at INTEGER,
    signature_id TEXT,
    number TEXT NOT NULL,
    CONSTRAINT ck_capa_state
        CHECK (state IN ('open', 'cause known', 'actions under way', 'implemented', 'verified', 'closed')),
    CONSTRAINT uq_capa_uid UNIQUE (uid),
    CONSTRAINT uq_capa_number UNIQUE (number)
);
CREATE TABLE decision (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    evidence_at INTEGER NOT NULL,
    evidence_age_seconds INTEGER NOT NULL,
    CONSTRAINT uq_decision_uid UNIQUE (uid)
);
CREATE INDEX ix_decision_record_id ON decision (record_id);
CREATE TABLE gauge (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    profile TEXT NOT NULL,
    port TEXT NOT NULL,
    unit TEXT,
    calibration_due TEXT,
    status TEXT NOT NULL,
    CONSTRAINT ck_gauge_status CHECK (status IN ('active', 'locked', 'retired')),
    CONSTRAINT uq_gauge_uid UNIQUE (uid),
    CONSTRAINT uq_gauge_name UNIQUE (name)
);
CREATE TABLE part (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    drawing_revision TEXT NOT NULL,
    CONSTRAINT uq_part_uid UNIQUE (uid),
    CONSTRAINT uq_part_number UNIQUE (number)
);
CREATE TABLE record_link (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    from_kind TEXT NOT NULL,
    from_id TEXT NOT NULL,
    to_kind TEXT NOT NULL,
    to_id TEXT NOT NULL,
    relation TEXT NOT NULL,
    CONSTRAINT uq_record_link_ends UNIQUE (from_id, to_id, relation),
    CONSTRAINT uq_record_link_uid UNIQUE (uid)
);
CREATE INDEX ix_record_link_from_id ON record_link (from_id);
CREATE INDEX ix_record_link_to_id ON record_link (to_id);
CREATE TABLE signature (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    account TEXT NOT NULL,
    printed_name TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    record_version INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    meaning TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    CONSTRAINT ck_signature_meaning CHECK (meaning IN ('author', 'review', 'approve', 'disposition')),
    CONSTRAINT uq_signature_uid UNIQUE (uid)
);
CREATE INDEX ix_signature_record_id ON signature (record_id);
CREATE TABLE capa_action (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    capa_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT NOT NULL,
    due TEXT NOT NULL,
    evidence TEXT,
    done_by TEXT,
    done_at INTEGER,
    CONSTRAINT ck_capa_action_kind CHECK (kind IN ('containment', 'corrective', 'preventive')),
    CONSTRAINT uq_capa_action_uid UNIQUE (uid),
    CONSTRAINT fk_capa_action_capa_id FOREIGN KEY(capa_id) REFERENCES capa (id)
);
CREATE INDEX ix_capa_action_capa_id ON capa_action (capa_id);
CREATE TABLE characteristic (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    part_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    nominal TEXT,
    lower_specification TEXT,
    upper_specification TEXT,
    plausible_low TEXT,
    plausible_high TEXT,
    subgroup_size INTEGER NOT NULL,
    chart TEXT NOT NULL,
    rules TEXT NOT NULL,
    baseline_subgroups INTEGER NOT NULL,
    criticality TEXT NOT NULL,
    CONSTRAINT uq_characteristic_part_id_name UNIQUE (part_id, name),
    CONSTRAINT ck_characteristic_decimals CHECK (decimals BETWEEN 0 AND 12),
    CONSTRAINT ck_characteristic_subgroup_size CHECK (subgroup_size BETWEEN 1 AND 100),
    CONSTRAINT ck_characteristic_chart CHECK (chart IN ('xbar_r', 'xbar_s', 'i_mr')),
    CONSTRAINT ck_characteristic_criticality CHECK (criticality IN ('minor', 'major', 'critical')),
    CONSTRAINT uq_characteristic_uid UNIQUE (uid),
    CONSTRAINT fk_characteristic_part_id FOREIGN KEY(part_id) REFERENCES part (id)
);
CREATE TABLE inspection_plan (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    part_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    approved_by TEXT,
    effective_at INTEGER,
    CONSTRAINT uq_inspection_plan_name_revision UNIQUE (name, revision),
    CONSTRAINT ck_inspection_plan_status CHECK (status IN ('draft', 'effective', 'obsolete')),
    CONSTRAINT uq_inspection_plan_uid UNIQUE (uid),
    CONSTRAINT fk_inspection_plan_part_id FOREIGN KEY(part_id) REFERENCES part (id)
);
CREATE UNIQUE INDEX uq_inspection_plan_effective ON inspection_plan (name) WHERE status = 'effective';
CREATE TABLE binding (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    gauge_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    characteristic_id INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    continuous TEXT,
    CONSTRAINT uq_binding_gauge_id_channel_characteristic_id UNIQUE (gauge_id, channel, characteristic_id),
    CONSTRAINT uq_binding_uid UNIQUE (uid),
    CONSTRAINT fk_binding_gauge_id FOREIGN KEY(gauge_id) REFERENCES gauge (id),
    CONSTRAINT fk_binding_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
CREATE UNIQUE INDEX uq_binding_active ON binding (gauge_id, channel) WHERE active;
CREATE TABLE channel_rollup (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    characteristic_id INTEGER NOT NULL,
    period TEXT NOT NULL,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    total TEXT NOT NULL,
    squares TEXT NOT NULL,
    minimum TEXT,
    maximum TEXT,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    unit TEXT NOT NULL,
    CONSTRAINT uq_channel_rollup_characteristic_id_period_start UNIQUE (characteristic_id, period, start),
    CONSTRAINT ck_channel_rollup_period CHECK (period IN ('minute', 'hour')),
    CONSTRAINT uq_channel_rollup_uid UNIQUE (uid),
    CONSTRAINT fk_channel_rollup_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
CREATE TABLE control_limits (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    characteristic_id INTEGER NOT NULL,
    limits TEXT NOT NULL,
    established_by TEXT NOT NULL,
    established_at INTEGER NOT NULL,
    first_subgroup INTEGER NOT NULL,
    last_subgroup INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT uq_control_limits_uid UNIQUE (uid),
    CONSTRAINT fk_control_limits_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
CREATE INDEX ix_control_limits_characteristic_id ON control_limits (characteristic_id);
CREATE UNIQUE INDEX uq_control_limits_active ON control_limits (characteristic_id) WHERE active;
CREATE TABLE inspection_plan_item (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    plan_id INTEGER NOT NULL,
    characteristic_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    CONSTRAINT uq_inspection_plan_item_plan_id_characteristic_id UNIQUE (plan_id, characteristic_id),
    CONSTRAINT uq_inspection_plan_item_uid UNIQUE (uid),
    CONSTRAINT fk_inspection_plan_item_plan_id FOREIGN KEY(plan_id) REFERENCES inspection_plan (id),
    CONSTRAINT fk_inspection_plan_item_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
CREATE TABLE investigation (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    characteristic_id INTEGER,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    lead TEXT,
    findings TEXT,
    cause_category TEXT,
    assignable_cause TEXT,
    concluded_by TEXT,
    concluded_at INTEGER,
    number TEXT NOT NULL,
    CONSTRAINT ck_investigation_state CHECK (state IN ('open', 'under way', 'concluded')),
    CONSTRAINT uq_investigation_uid UNIQUE (uid),
    CONSTRAINT fk_investigation_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id),
    CONSTRAINT uq_investigation_number UNIQUE (number)
);
CREATE TABLE nonconformance (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    part_id INTEGER,
    characteristic_id INTEGER,
    subgroup INTEGER,
    position INTEGER,
    nature TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    containment TEXT,
    disposition TEXT,
    disposition_reason TEXT,
    disposition_by TEXT,
    disposition_at INTEGER,
    concession TEXT,
    signature_id TEXT,
    reverification TEXT,
    reverified_by TEXT,
    closed_by TEXT,
    closed_at INTEGER,
    number TEXT NOT NULL,
    CONSTRAINT ck_nonconformance_state
        CHECK (state IN ('open', 'contained', 'dispositioned', 'reverified', 'closed', 'voided')),
    CONSTRAINT ck_nonconformance_disposition
        CHECK (disposition IN ('rework', 'repair', 'use as is', 'scrap', 'return')),
    CONSTRAINT ck_nonconformance_quantity CHECK (quantity >= 1),
    CONSTRAINT uq_nonconformance_uid UNIQUE (uid),
    CONSTRAINT fk_nonconformance_part_id FOREIGN KEY(part_id) REFERENCES part (id),
    CONSTRAINT fk_nonconformance_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id),
    CONSTRAINT uq_nonconformance_number UNIQUE (number)
);
CREATE TABLE alarm (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    characteristic_id INTEGER NOT NULL,
    subgroup INTEGER NOT NULL,
    rules TEXT NOT NULL,
    limits_id INTEGER,
    raised_at INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    reaction_step TEXT,
    CONSTRAINT ck_alarm_state CHECK (state IN ('raised', 'acknowledged')),
    CONSTRAINT uq_alarm_uid UNIQUE (uid),
    CONSTRAINT fk_alarm_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id),
    CONSTRAINT fk_alarm_limits_id FOREIGN KEY(limits_id) REFERENCES control_limits (id)
);
CREATE UNIQUE INDEX uq_alarm_characteristic_id_subgroup
    ON alarm (characteristic_id, subgroup) WHERE limits_id IS NOT NULL
"""

READINGS = """
CREATE TABLE measurement (
    characteristic INTEGER NOT NULL CONSTRAINT fk_measurement_characteristic REFERENCES characteristic (id),
    subgroup INTEGER NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    mantissa INTEGER NOT NULL,
    decimals INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    source INTEGER NOT NULL,
    trigger INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    remark INTEGER,
    account INTEGER NOT NULL,
    raw BLOB,
    entry INTEGER NOT NULL,
    CONSTRAINT pk_measurement PRIMARY KEY (characteristic, subgroup, position, version)
) WITHOUT ROWID;
CREATE TABLE subgroup (
    characteristic INTEGER NOT NULL CONSTRAINT fk_subgroup_characteristic REFERENCES characteristic (id),
    subgroup INTEGER NOT NULL,
    version INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mean REAL NOT NULL,
    spread REAL,
    location INTEGER NOT NULL,
    dispersion INTEGER NOT NULL,
    limits INTEGER CONSTRAINT fk_subgroup_limits REFERENCES control_limits (id),
    closed_at INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    CONSTRAINT pk_subgroup PRIMARY KEY (characteristic, subgroup, version)
) WITHOUT ROWID;
CREATE TABLE refused_reading (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    source INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    raw BLOB NOT NULL,
    CONSTRAINT pk_refused_reading PRIMARY KEY (entry, number)
) WITHOUT ROWID
"""

FOR_GOOD = ("station", "journal", "term", "measurement", "subgroup", "refused_reading")
RECORD_KINDS = (
    "account",
    "capa",
    "decision",
    "gauge",
    "part",
    "record_link",
    "signature",
    "capa_action",
    "characteristic",
    "inspection_plan",
    "binding",
    "channel_rollup",
    "control_limits",
    "inspection_plan_item",
    "investigation",
    "nonconformance",
    "alarm",
)

GAPLESS = """
CREATE TRIGGER journal_gapless BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END
"""


def upgrade() -> None:
    for script in (STORE, RECORDS, READINGS):
        for statement in script.split(";\n"):
            op.execute(statement)
    for table in FOR_GOOD:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is kept for good'); END"
            )
    for table in RECORD_KINDS:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is kept for good'); END"
        )
    op.execute(GAPLESS)
