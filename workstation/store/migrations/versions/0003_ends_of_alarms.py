"""What a watch of a channel saw, and when its alarm ended; alarms from before have neither until a line starts."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STEPS = """
ALTER TABLE alarm ADD COLUMN seen TEXT;
ALTER TABLE alarm ADD COLUMN ended_at INTEGER;
ALTER TABLE alarm ADD COLUMN seen_until INTEGER;
ALTER TABLE alarm ADD COLUMN ended TEXT CONSTRAINT ck_alarm_ended CHECK (
    (ended IS NOT NULL OR (ended_at IS NULL AND seen_until IS NULL)) AND (ended_at IS NULL OR seen_until IS NULL)
);
CREATE INDEX ix_alarm_watch ON alarm (characteristic_id, rules) WHERE limits_id IS NULL;
CREATE INDEX ix_alarm_lasting ON alarm (characteristic_id) WHERE limits_id IS NULL AND ended IS NULL;
CREATE INDEX ix_alarm_waiting ON alarm (characteristic_id) WHERE acknowledged_at IS NULL
"""


def upgrade() -> None:
    for step in STEPS.split(";\n"):
        op.execute(step)
