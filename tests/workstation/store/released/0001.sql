BEGIN TRANSACTION;
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
INSERT INTO "account" VALUES(1,'01a203ae-d57e-7408-b2f6-fd41bfa132e5',1,'anna','Anna','engineer','$argon2id$v=19$m=64,t=1,p=1$kQdHLaJlNZR7K3i7Qh+LOA$rS7BlyhUQ1ZJLWYIYQeILc5I6WDqxyyi8EHdi7mu9qs',1,0,0);
INSERT INTO "account" VALUES(2,'01a203ae-d57e-7408-b24d-adeea8dd6355',1,'ben','Ben','supervisor','$argon2id$v=19$m=64,t=1,p=1$FsRPxq87Dnvu0OBBcds2mQ$bXoXON1QYoVYrL7BcfmKkXyk1bvTmov+PnOaOi+1WWs',1,0,0);
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
    CONSTRAINT uq_alarm_characteristic_id_subgroup UNIQUE (characteristic_id, subgroup),
    CONSTRAINT ck_alarm_state CHECK (state IN ('raised', 'acknowledged')),
    CONSTRAINT uq_alarm_uid UNIQUE (uid),
    CONSTRAINT fk_alarm_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id),
    CONSTRAINT fk_alarm_limits_id FOREIGN KEY(limits_id) REFERENCES control_limits (id)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE binding (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    gauge_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    characteristic_id INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT uq_binding_gauge_id_channel_characteristic_id UNIQUE (gauge_id, channel, characteristic_id),
    CONSTRAINT uq_binding_uid UNIQUE (uid),
    CONSTRAINT fk_binding_gauge_id FOREIGN KEY(gauge_id) REFERENCES gauge (id),
    CONSTRAINT fk_binding_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id)
);
INSERT INTO "binding" VALUES(1,'01a203ae-d59a-797c-a482-56dcd10a4685',1,1,'1',1,1);
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
INSERT INTO "characteristic" VALUES(1,'01a203ae-d59a-797c-af0d-1d0508e033fb',1,1,'diameter','mm',3,'74.000',NULL,NULL,NULL,NULL,5,'xbar_r','nelson',25,'major');
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
INSERT INTO "control_limits" VALUES(1,'01a203ae-d5aa-7985-8aeb-137457db5890',1,1,'{"location":{"center":74.003}}','anna',1795358119338595,1,2,1);
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
INSERT INTO "gauge" VALUES(1,'01a203ae-d591-7276-9e42-507ecd74c485',1,'gauge 7','','mitutoyo','COM5',NULL,NULL,'active');
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
INSERT INTO "inspection_plan" VALUES(1,'01a203ae-d591-7276-8fb5-7d12216b13cf',2,'ring',1,1,'','effective','{"bindings":[["gauge 7","1","diameter"]],"characteristics":[{"baseline_subgroups":25,"chart":"xbar_r","criticality":"major","decimals":3,"lower_specification":null,"name":"diameter","nominal":"74.000","plausible_high":null,"plausible_low":null,"rules":"nelson","subgroup_size":5,"unit":"mm","upper_specification":null}],"name":"ring","part":["P-1","Ring",""],"revision":1,"title":""}','73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521','anna','ben',1795358119322593);
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
INSERT INTO "inspection_plan_item" VALUES(1,'01a203ae-d59a-797c-988a-6a6ea6055600',1,1,1,1);
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
INSERT INTO "journal" VALUES(1,'01a203ae-d57e-7408-b2b3-b2aa7b7ffb48',1795358119294252,0,'released','setup','account.create','account','01a203ae-d57e-7408-b2f6-fd41bfa132e5',NULL,1,'{"active":[null,true],"display_name":[null,"Anna"],"failures":[null,0],"locked":[null,false],"name":[null,"anna"],"role":[null,"engineer"],"uid":[null,"01a203ae-d57e-7408-b2f6-fd41bfa132e5"],"verifier":[null,{"sha256":"bb375a096fffa96f79112f275bee1e5cd9d1ff77b40e596826902975694f5fc0"}]}','',NULL,'0000000000000000000000000000000000000000000000000000000000000000','5faea90fce421e861e067a2da569f908f589fbd1d098e940c1c7a0d8231d633c');
INSERT INTO "journal" VALUES(2,'01a203ae-d57e-7408-9b43-ce09856d351b',1795358119294252,0,'released','setup','account.create','account','01a203ae-d57e-7408-b24d-adeea8dd6355',NULL,1,'{"active":[null,true],"display_name":[null,"Ben"],"failures":[null,0],"locked":[null,false],"name":[null,"ben"],"role":[null,"supervisor"],"uid":[null,"01a203ae-d57e-7408-b24d-adeea8dd6355"],"verifier":[null,{"sha256":"d30c54ef904c9af5cba8470ec2bc744f1e11b137bea88a38afaf817a05638e68"}]}','',NULL,'5faea90fce421e861e067a2da569f908f589fbd1d098e940c1c7a0d8231d633c','daea0c8ddc840d899456b93fff1afd9866fce37d02bccb9dbec5ef7e1a1f696c');
INSERT INTO "journal" VALUES(3,'01a203ae-d591-7276-a2cd-427eb2ef07c6',1795358119313154,0,'released','anna','gauge.create','gauge','01a203ae-d591-7276-9e42-507ecd74c485',NULL,1,'{"calibration_due":[null,null],"name":[null,"gauge 7"],"port":[null,"COM5"],"profile":[null,"mitutoyo"],"serial_number":[null,""],"status":[null,"active"],"uid":[null,"01a203ae-d591-7276-9e42-507ecd74c485"],"unit":[null,null]}','',NULL,'daea0c8ddc840d899456b93fff1afd9866fce37d02bccb9dbec5ef7e1a1f696c','3eb709ba45fe9d979b250aa1b0eca6dc09ddbaf7cff520596797bf8dd65f6b19');
INSERT INTO "journal" VALUES(4,'01a203ae-d591-7276-953d-55f46c263b80',1795358119313154,0,'released','anna','part.create','part','01a203ae-d591-7276-ae4e-7044ce838f36',NULL,1,'{"drawing_revision":[null,""],"name":[null,"Ring"],"number":[null,"P-1"],"uid":[null,"01a203ae-d591-7276-ae4e-7044ce838f36"]}','',NULL,'3eb709ba45fe9d979b250aa1b0eca6dc09ddbaf7cff520596797bf8dd65f6b19','5ae8e0de94d987854ff859435cfe00c3a61bc30f0aed23cb7a959b17cad39762');
INSERT INTO "journal" VALUES(5,'01a203ae-d591-7276-9d5b-2631e876f7aa',1795358119313154,0,'released','anna','inspection_plan.draft','inspection_plan','01a203ae-d591-7276-8fb5-7d12216b13cf',NULL,1,'{"approved_by":[null,null],"content":[null,"{\"bindings\":[[\"gauge 7\",\"1\",\"diameter\"]],\"characteristics\":[{\"baseline_subgroups\":25,\"chart\":\"xbar_r\",\"criticality\":\"major\",\"decimals\":3,\"lower_specification\":null,\"name\":\"diameter\",\"nominal\":\"74.000\",\"plausible_high\":null,\"plausible_low\":null,\"rules\":\"nelson\",\"subgroup_size\":5,\"unit\":\"mm\",\"upper_specification\":null}],\"name\":\"ring\",\"part\":[\"P-1\",\"Ring\",\"\"],\"revision\":1,\"title\":\"\"}"],"content_hash":[null,"73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521"],"drafted_by":[null,"anna"],"effective_at":[null,null],"name":[null,"ring"],"part_id":[null,1],"revision":[null,1],"status":[null,"draft"],"title":[null,""],"uid":[null,"01a203ae-d591-7276-8fb5-7d12216b13cf"]}','',NULL,'5ae8e0de94d987854ff859435cfe00c3a61bc30f0aed23cb7a959b17cad39762','6cc9beaf53ca9c0e7fa17eb96c9e0b8e8d2b979441c573fd6c5cb8a33a28e73f');
INSERT INTO "journal" VALUES(6,'01a203ae-d59a-797c-a27e-817de5c571df',1795358119322593,0,'released','ben','characteristic.create','characteristic','01a203ae-d59a-797c-af0d-1d0508e033fb',NULL,1,'{"baseline_subgroups":[null,25],"chart":[null,"xbar_r"],"criticality":[null,"major"],"decimals":[null,3],"lower_specification":[null,null],"name":[null,"diameter"],"nominal":[null,"74.000"],"part_id":[null,1],"plausible_high":[null,null],"plausible_low":[null,null],"rules":[null,"nelson"],"subgroup_size":[null,5],"uid":[null,"01a203ae-d59a-797c-af0d-1d0508e033fb"],"unit":[null,"mm"],"upper_specification":[null,null]}','reviewed',NULL,'6cc9beaf53ca9c0e7fa17eb96c9e0b8e8d2b979441c573fd6c5cb8a33a28e73f','1705fbeef326895357d26c2a716d2efa131ff723a4d5b547897a3eb0011b37f0');
INSERT INTO "journal" VALUES(7,'01a203ae-d59a-797c-8b71-df839a9ddf04',1795358119322593,0,'released','ben','inspection_plan_item.create','inspection_plan_item','01a203ae-d59a-797c-988a-6a6ea6055600',NULL,1,'{"characteristic_id":[null,1],"plan_id":[null,1],"sequence":[null,1],"uid":[null,"01a203ae-d59a-797c-988a-6a6ea6055600"]}','reviewed',NULL,'1705fbeef326895357d26c2a716d2efa131ff723a4d5b547897a3eb0011b37f0','31497ec4f563135cb93eeb6016bc8cd1eeaa36c8a412a347ebc471c06791c192');
INSERT INTO "journal" VALUES(8,'01a203ae-d59a-797c-aeb9-703ed6bca7f2',1795358119322593,0,'released','ben','binding.create','binding','01a203ae-d59a-797c-a482-56dcd10a4685',NULL,1,'{"active":[null,true],"channel":[null,"1"],"characteristic_id":[null,1],"gauge_id":[null,1],"uid":[null,"01a203ae-d59a-797c-a482-56dcd10a4685"]}','reviewed',NULL,'31497ec4f563135cb93eeb6016bc8cd1eeaa36c8a412a347ebc471c06791c192','2d7220ef7cb0b64dfd9b51e6e4b496016ec9c0297aaa6cf1e01972de10eda28a');
INSERT INTO "journal" VALUES(9,'01a203ae-d59a-797c-99e5-85b6f33deabf',1795358119322593,0,'released','ben','inspection_plan.approve','inspection_plan','01a203ae-d591-7276-8fb5-7d12216b13cf',1,2,'{"approved_by":[null,"ben"],"effective_at":[null,1795358119322593],"status":["draft","effective"]}','reviewed',NULL,'2d7220ef7cb0b64dfd9b51e6e4b496016ec9c0297aaa6cf1e01972de10eda28a','00649a8a0c29e326a47e427fae9971e690fa85651c2f240183d23a756d595aef');
INSERT INTO "journal" VALUES(10,'01a203ae-d5a9-768b-984f-ee897f55e4eb',1795358119337409,0,'released','anna','measurement.append','measurement_batch','01a203ae-d5a9-768b-984f-ee897f55e4eb',NULL,NULL,'{"closed":[[1,1,1]],"digest":"2ffc7c3616c3d392575a893228a707885d2525e9c561361c1796e15f9f779561","measurements":5,"refused":1,"spans":[[1,1,1]],"subgroups":1}','',NULL,'00649a8a0c29e326a47e427fae9971e690fa85651c2f240183d23a756d595aef','9382e792286deb918a56717a00b2c171e8edc0ec2b48cd0a2a7577a35e43a7ef');
INSERT INTO "journal" VALUES(11,'01a203ae-d5aa-7241-8a2c-d8113aa9efa6',1795358119338141,0,'released','anna','measurement.append','measurement_batch','01a203ae-d5aa-7241-8a2c-d8113aa9efa6',NULL,NULL,'{"closed":[[1,2,2]],"digest":"828712ea5aa7afb3dc8b6dc5f805781adb406d966cbe2d83b626b163862c4a17","measurements":5,"refused":0,"spans":[[1,2,2]],"subgroups":1}','',NULL,'9382e792286deb918a56717a00b2c171e8edc0ec2b48cd0a2a7577a35e43a7ef','12fe8d9e16cd7a18db3bf914ee3a2173e2bfdbe3cc3aab8f8cd9c8aa5d4c1894');
INSERT INTO "journal" VALUES(12,'01a203ae-d5aa-7985-84ce-a4270c9423e5',1795358119338595,0,'released','anna','control_limits.establish','control_limits','01a203ae-d5aa-7985-8aeb-137457db5890',NULL,1,'{"active":[null,true],"characteristic_id":[null,1],"established_at":[null,1795358119338595],"established_by":[null,"anna"],"first_subgroup":[null,1],"last_subgroup":[null,2],"limits":[null,"{\"location\":{\"center\":74.003}}"],"uid":[null,"01a203ae-d5aa-7985-8aeb-137457db5890"]}','',NULL,'12fe8d9e16cd7a18db3bf914ee3a2173e2bfdbe3cc3aab8f8cd9c8aa5d4c1894','225e0a9c0c22c69b0ee426ce7195ce0e9fe2afe420887bb92caba92bf7ea6078');
INSERT INTO "journal" VALUES(13,'01a203ae-d5ae-70d9-bd21-df48b3327d72',1795358119342053,0,'released','anna','nonconformance.open','nonconformance','01a203ae-d5ae-70d9-bfff-8c585a63a1a1',NULL,1,'{"characteristic_id":[null,1],"closed_at":[null,null],"closed_by":[null,null],"concession":[null,null],"containment":[null,null],"disposition":[null,null],"disposition_at":[null,null],"disposition_by":[null,null],"disposition_reason":[null,null],"evidence":[null,"{}"],"nature":[null,"scratched"],"number":[null,"NC-2026-0001"],"observed_at":[null,1795358119342053],"opened_at":[null,1795358119342053],"opened_by":[null,"anna"],"part_id":[null,1],"position":[null,null],"quantity":[null,2],"reverification":[null,null],"reverified_by":[null,null],"signature_id":[null,null],"state":[null,"open"],"subgroup":[null,null],"uid":[null,"01a203ae-d5ae-70d9-bfff-8c585a63a1a1"]}','',NULL,'225e0a9c0c22c69b0ee426ce7195ce0e9fe2afe420887bb92caba92bf7ea6078','37095c6031feedabb195336f03bef3d78b6ada9076d351851c0de222eb57eff2');
CREATE TABLE journal_head (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_journal_head_single CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    measurements INTEGER NOT NULL,
    subgroups INTEGER NOT NULL,
    refused INTEGER NOT NULL
);
INSERT INTO "journal_head" VALUES(1,13,'37095c6031feedabb195336f03bef3d78b6ada9076d351851c0de222eb57eff2',10,2,1);
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
INSERT INTO "measurement" VALUES(1,1,1,1,74001,3,1,1795355543000011,2,3,4,NULL,5,X'3031412B303037342E3030310D',10);
INSERT INTO "measurement" VALUES(1,1,2,1,74002,3,1,1795355543000012,2,3,4,NULL,5,X'3031412B303037342E3030310D',10);
INSERT INTO "measurement" VALUES(1,1,3,1,74003,3,1,1795355543000013,2,3,4,NULL,5,X'3031412B303037342E3030310D',10);
INSERT INTO "measurement" VALUES(1,1,4,1,74004,3,1,1795355543000014,2,3,4,NULL,5,X'3031412B303037342E3030310D',10);
INSERT INTO "measurement" VALUES(1,1,5,1,74005,3,1,1795355543000015,2,3,4,NULL,5,X'3031412B303037342E3030310D',10);
INSERT INTO "measurement" VALUES(1,2,1,1,74001,3,1,1795355543000021,2,3,4,NULL,5,X'3031412B303037342E3030310D',11);
INSERT INTO "measurement" VALUES(1,2,2,1,74002,3,1,1795355543000022,2,3,4,NULL,5,X'3031412B303037342E3030310D',11);
INSERT INTO "measurement" VALUES(1,2,3,1,74003,3,1,1795355543000023,2,3,4,NULL,5,X'3031412B303037342E3030310D',11);
INSERT INTO "measurement" VALUES(1,2,4,1,74004,3,1,1795355543000024,2,3,4,NULL,5,X'3031412B303037342E3030310D',11);
INSERT INTO "measurement" VALUES(1,2,5,1,74005,3,1,1795355543000025,2,3,4,NULL,5,X'3031412B303037342E3030310D',11);
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
INSERT INTO "nonconformance" VALUES(1,'01a203ae-d5ae-70d9-bfff-8c585a63a1a1',1,1,1,NULL,NULL,'scratched',2,'{}','open','anna',1795358119342053,1795358119342053,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'NC-2026-0001');
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
INSERT INTO "part" VALUES(1,'01a203ae-d591-7276-ae4e-7044ce838f36',1,'P-1','Ring','');
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
;
INSERT INTO "refused_reading" VALUES(10,1,2,6,5,7,X'3931310D');
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
CREATE TABLE station (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_station_single CHECK (id = 1),
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
INSERT INTO "station" VALUES(1,'01a203ae-d57c-7b2f-8f75-639ee5a3dac7','released',1795358119292699);
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
INSERT INTO "subgroup" VALUES(1,1,1,5,74.003,0.004,0,0,NULL,1795355543000001,10);
INSERT INTO "subgroup" VALUES(1,2,1,5,74.003,0.004,0,0,NULL,1795355543000002,11);
CREATE TABLE term (
    id INTEGER NOT NULL PRIMARY KEY,
    word TEXT NOT NULL CONSTRAINT uq_term_word UNIQUE
);
INSERT INTO "term" VALUES(1,'mm');
INSERT INTO "term" VALUES(2,'gauge 7');
INSERT INTO "term" VALUES(3,'button');
INSERT INTO "term" VALUES(4,'good');
INSERT INTO "term" VALUES(5,'line');
INSERT INTO "term" VALUES(6,'1');
INSERT INTO "term" VALUES(7,'an error record');
CREATE INDEX ix_journal_record ON journal (kind, record_id) WHERE kind <> 'measurement_batch';
CREATE INDEX ix_decision_record_id ON decision (record_id);
CREATE INDEX ix_record_link_from_id ON record_link (from_id);
CREATE INDEX ix_record_link_to_id ON record_link (to_id);
CREATE INDEX ix_signature_record_id ON signature (record_id);
CREATE INDEX ix_capa_action_capa_id ON capa_action (capa_id);
CREATE UNIQUE INDEX uq_inspection_plan_effective ON inspection_plan (name) WHERE status = 'effective';
CREATE UNIQUE INDEX uq_binding_active ON binding (gauge_id, channel) WHERE active;
CREATE INDEX ix_control_limits_characteristic_id ON control_limits (characteristic_id);
CREATE UNIQUE INDEX uq_control_limits_active ON control_limits (characteristic_id) WHERE active;
CREATE TRIGGER station_no_update BEFORE UPDATE ON station BEGIN SELECT RAISE(ABORT, 'station is kept for good'); END;
CREATE TRIGGER station_no_delete BEFORE DELETE ON station BEGIN SELECT RAISE(ABORT, 'station is kept for good'); END;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal is kept for good'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal is kept for good'); END;
CREATE TRIGGER term_no_update BEFORE UPDATE ON term BEGIN SELECT RAISE(ABORT, 'term is kept for good'); END;
CREATE TRIGGER term_no_delete BEFORE DELETE ON term BEGIN SELECT RAISE(ABORT, 'term is kept for good'); END;
CREATE TRIGGER measurement_no_update BEFORE UPDATE ON measurement BEGIN SELECT RAISE(ABORT, 'measurement is kept for good'); END;
CREATE TRIGGER measurement_no_delete BEFORE DELETE ON measurement BEGIN SELECT RAISE(ABORT, 'measurement is kept for good'); END;
CREATE TRIGGER subgroup_no_update BEFORE UPDATE ON subgroup BEGIN SELECT RAISE(ABORT, 'subgroup is kept for good'); END;
CREATE TRIGGER subgroup_no_delete BEFORE DELETE ON subgroup BEGIN SELECT RAISE(ABORT, 'subgroup is kept for good'); END;
CREATE TRIGGER refused_reading_no_update BEFORE UPDATE ON refused_reading BEGIN SELECT RAISE(ABORT, 'refused_reading is kept for good'); END;
CREATE TRIGGER refused_reading_no_delete BEFORE DELETE ON refused_reading BEGIN SELECT RAISE(ABORT, 'refused_reading is kept for good'); END;
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'account is kept for good'); END;
CREATE TRIGGER capa_no_delete BEFORE DELETE ON capa BEGIN SELECT RAISE(ABORT, 'capa is kept for good'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is kept for good'); END;
CREATE TRIGGER gauge_no_delete BEFORE DELETE ON gauge BEGIN SELECT RAISE(ABORT, 'gauge is kept for good'); END;
CREATE TRIGGER part_no_delete BEFORE DELETE ON part BEGIN SELECT RAISE(ABORT, 'part is kept for good'); END;
CREATE TRIGGER record_link_no_delete BEFORE DELETE ON record_link BEGIN SELECT RAISE(ABORT, 'record_link is kept for good'); END;
CREATE TRIGGER signature_no_delete BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'signature is kept for good'); END;
CREATE TRIGGER capa_action_no_delete BEFORE DELETE ON capa_action BEGIN SELECT RAISE(ABORT, 'capa_action is kept for good'); END;
CREATE TRIGGER characteristic_no_delete BEFORE DELETE ON characteristic BEGIN SELECT RAISE(ABORT, 'characteristic is kept for good'); END;
CREATE TRIGGER inspection_plan_no_delete BEFORE DELETE ON inspection_plan BEGIN SELECT RAISE(ABORT, 'inspection_plan is kept for good'); END;
CREATE TRIGGER binding_no_delete BEFORE DELETE ON binding BEGIN SELECT RAISE(ABORT, 'binding is kept for good'); END;
CREATE TRIGGER control_limits_no_delete BEFORE DELETE ON control_limits BEGIN SELECT RAISE(ABORT, 'control_limits is kept for good'); END;
CREATE TRIGGER inspection_plan_item_no_delete BEFORE DELETE ON inspection_plan_item BEGIN SELECT RAISE(ABORT, 'inspection_plan_item is kept for good'); END;
CREATE TRIGGER investigation_no_delete BEFORE DELETE ON investigation BEGIN SELECT RAISE(ABORT, 'investigation is kept for good'); END;
CREATE TRIGGER nonconformance_no_delete BEFORE DELETE ON nonconformance BEGIN SELECT RAISE(ABORT, 'nonconformance is kept for good'); END;
CREATE TRIGGER alarm_no_delete BEFORE DELETE ON alarm BEGIN SELECT RAISE(ABORT, 'alarm is kept for good'); END;
CREATE TRIGGER journal_gapless BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('account',2);
INSERT INTO "sqlite_sequence" VALUES('gauge',1);
INSERT INTO "sqlite_sequence" VALUES('part',1);
INSERT INTO "sqlite_sequence" VALUES('inspection_plan',1);
INSERT INTO "sqlite_sequence" VALUES('characteristic',1);
INSERT INTO "sqlite_sequence" VALUES('inspection_plan_item',1);
INSERT INTO "sqlite_sequence" VALUES('binding',1);
INSERT INTO "sqlite_sequence" VALUES('control_limits',1);
INSERT INTO "sqlite_sequence" VALUES('nonconformance',1);
COMMIT;
