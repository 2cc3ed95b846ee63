"""Serial numbers and lots that were scanned, and from where on each of them holds."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORDS = """
CREATE TABLE identification (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    part_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    symbology TEXT NOT NULL,
    source TEXT NOT NULL,
    scanned_at INTEGER NOT NULL,
    scanned_by TEXT NOT NULL,
    cleared_by TEXT,
    cleared_at INTEGER,
    CONSTRAINT ck_identification_kind CHECK (kind IN ('serial number', 'lot')),
    CONSTRAINT uq_identification_uid UNIQUE (uid),
    CONSTRAINT fk_identification_part_id FOREIGN KEY(part_id) REFERENCES part (id)
);
CREATE INDEX ix_identification_text ON identification (text);
CREATE TABLE identification_start (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    identification_id INTEGER NOT NULL,
    characteristic_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subgroup INTEGER NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT uq_identification_start_characteristic_id_kind_subgroup_position_identification_id
        UNIQUE (characteristic_id, kind, subgroup, position, identification_id),
    CONSTRAINT ck_identification_start_kind CHECK (kind IN ('serial number', 'lot')),
    CONSTRAINT uq_identification_start_uid UNIQUE (uid),
    CONSTRAINT fk_identification_start_identification_id
        FOREIGN KEY(identification_id) REFERENCES identification (id),
    CONSTRAINT fk_identification_start_characteristic_id
        FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
CREATE INDEX ix_identification_start_identification_id ON identification_start (identification_id)
"""


def upgrade() -> None:
    for statement in RECORDS.split(";\n"):
        op.execute(statement)
    for table in ("identification", "identification_start"):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is kept for good'); END"
        )
