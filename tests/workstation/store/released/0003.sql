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
INSERT INTO "account" VALUES(1,'01a205ef-c439-7efd-a73d-11ee99bc99cf',1,'anna','Anna','engineer','$argon2id$v=19$m=64,t=1,p=1$n5SL+0Xd17AXk8u8l6LiNg$Io5bW6j7amyVWwQO7g6VTbrgb2bdz1ZRhMCEluV2rtk',1,0,0);
INSERT INTO "account" VALUES(2,'01a205ef-c439-7efd-93de-3d0c8cfe068a',1,'ben','Ben','supervisor','$argon2id$v=19$m=64,t=1,p=1$2+HkYdeAzNWKSMUfaYCwCA$CAIorDCJux1ZYrYzMtOCqvpp3gMoQHfavQjzWazq7EA',1,0,0);
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
    reaction_step TEXT, seen TEXT, ended_at INTEGER, seen_until INTEGER, ended TEXT CONSTRAINT ck_alarm_ended CHECK (
    (ended IS NOT NULL OR (ended_at IS NULL AND seen_until IS NULL)) AND (ended_at IS NULL OR seen_until IS NULL)
),
    CONSTRAINT ck_alarm_state CHECK (state IN ('raised', 'acknowledged')),
    CONSTRAINT uq_alarm_uid UNIQUE (uid),
    CONSTRAINT fk_alarm_characteristic_id FOREIGN KEY(characteristic_id) REFERENCES characteristic (id),
    CONSTRAINT fk_alarm_limits_id FOREIGN KEY(limits_id) REFERENCES control_limits (id)
);
INSERT INTO "alarm" VALUES(1,'01a205ef-c7f4-7bc6-9ee3-d8160d25eb39',2,1,3,'{"rules":["above the limit"]}',NULL,1795395930100736,5000000,'raised',NULL,NULL,NULL,'74.1 is above 74.05',7000000,NULL,'74.0 is back within limits');
INSERT INTO "alarm" VALUES(2,'01a205ef-c7f4-7bc6-b81e-2fce9bcb4b9d',1,1,3,'{"rules":["silent"]}',NULL,1795395930100736,9000000,'raised',NULL,NULL,NULL,'74.1 is above 74.05',NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "binding" VALUES(1,'01a205ef-c725-740c-9c4d-09118d087411',1,1,'1',1,1,NULL);
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
INSERT INTO "channel_rollup" VALUES(1,'01a205ef-c7c8-7ae9-b413-d736be0c378e',1,1,'minute',0,1,0,'74.001','5476.148001','74.001','74.001',7,7,'mm');
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
INSERT INTO "characteristic" VALUES(1,'01a205ef-c725-740c-9034-c8de578ae12d',1,1,'diameter','mm',3,'74.000',NULL,NULL,NULL,NULL,5,'xbar_r','nelson',25,'major');
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
INSERT INTO "control_limits" VALUES(1,'01a205ef-c7c8-7ae9-a86f-b1efaa7ed3fc',1,1,'{"location":{"center":74.003}}','anna',1795395930056682,1,2,1);
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
INSERT INTO "gauge" VALUES(1,'01a205ef-c4be-713f-97e5-5bd75b48971d',1,'gauge 7','','mitutoyo','COM5',NULL,NULL,'active');
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
INSERT INTO "identification" VALUES(1,'01a205ef-c7ec-7cb0-9a58-538d725a5acd',1,1,'lot','LOT 4711',']C0','reader',1795395930092793,'anna',NULL,NULL);
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
INSERT INTO "identification_start" VALUES(1,'01a205ef-c7ec-7cb0-8125-11b210d4f292',1,1,1,'lot',2,3);
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
INSERT INTO "inspection_plan" VALUES(1,'01a205ef-c4be-713f-8a29-3dccd0ce8b26',2,'ring',1,1,'','effective','{"bindings":[["gauge 7","1","diameter"]],"characteristics":[{"baseline_subgroups":25,"chart":"xbar_r","criticality":"major","decimals":3,"lower_specification":null,"name":"diameter","nominal":"74.000","plausible_high":null,"plausible_low":null,"rules":"nelson","subgroup_size":5,"unit":"mm","upper_specification":null}],"name":"ring","part":["P-1","Ring",""],"revision":1,"title":""}','73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521','anna','ben',1795395929893253);
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
INSERT INTO "inspection_plan_item" VALUES(1,'01a205ef-c725-740c-a41f-587e0f3aa8b0',1,1,1,1);
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
INSERT INTO "journal" VALUES(1,'01a205ef-c439-7efd-a87c-bf143a6a80f4',1795395929145937,0,'released','setup','account.create','account','01a205ef-c439-7efd-a73d-11ee99bc99cf',NULL,1,'{"active":[null,true],"display_name":[null,"Anna"],"failures":[null,0],"locked":[null,false],"name":[null,"anna"],"role":[null,"engineer"],"uid":[null,"01a205ef-c439-7efd-a73d-11ee99bc99cf"],"verifier":[null,{"sha256":"15dd8328fd578ca5242a45aeb924314425b2f19c9522891db198bbde182dfd05"}]}','',NULL,'0000000000000000000000000000000000000000000000000000000000000000','2927f9d4d8460c22174c7e7731fee3bd0f7866e218f1fd1f384ac54222c399f3');
INSERT INTO "journal" VALUES(2,'01a205ef-c439-7efd-9975-14a82003eb1c',1795395929145937,0,'released','setup','account.create','account','01a205ef-c439-7efd-93de-3d0c8cfe068a',NULL,1,'{"active":[null,true],"display_name":[null,"Ben"],"failures":[null,0],"locked":[null,false],"name":[null,"ben"],"role":[null,"supervisor"],"uid":[null,"01a205ef-c439-7efd-93de-3d0c8cfe068a"],"verifier":[null,{"sha256":"af94596eef89427035c654d53b706d0a7ff17df30afc8e0fe6af5c7259d74332"}]}','',NULL,'2927f9d4d8460c22174c7e7731fee3bd0f7866e218f1fd1f384ac54222c399f3','527505776f429496079ab531dc955ec311c70258bd727f669890a14c7444be2c');
INSERT INTO "journal" VALUES(3,'01a205ef-c4be-713f-a398-9ad971e51072',1795395929278078,0,'released','anna','gauge.create','gauge','01a205ef-c4be-713f-97e5-5bd75b48971d',NULL,1,'{"calibration_due":[null,null],"name":[null,"gauge 7"],"port":[null,"COM5"],"profile":[null,"mitutoyo"],"serial_number":[null,""],"status":[null,"active"],"uid":[null,"01a205ef-c4be-713f-97e5-5bd75b48971d"],"unit":[null,null]}','',NULL,'527505776f429496079ab531dc955ec311c70258bd727f669890a14c7444be2c','fed1c18fb5647adb9ad0c4d03d5fd8f9c0b584d45bfe0b331ad33a994d67f4d7');
INSERT INTO "journal" VALUES(4,'01a205ef-c4be-713f-93cd-15c5558e85ff',1795395929278078,0,'released','anna','part.create','part','01a205ef-c4be-713f-b876-5f1ff46b638b',NULL,1,'{"drawing_revision":[null,""],"name":[null,"Ring"],"number":[null,"P-1"],"uid":[null,"01a205ef-c4be-713f-b876-5f1ff46b638b"]}','',NULL,'fed1c18fb5647adb9ad0c4d03d5fd8f9c0b584d45bfe0b331ad33a994d67f4d7','e91cbd7bca79f9a03ffe9fed83df3db13d4e03f36ff8d8550e867d017b228ae1');
INSERT INTO "journal" VALUES(5,'01a205ef-c4be-713f-a783-3b63964168e1',1795395929278078,0,'released','anna','inspection_plan.draft','inspection_plan','01a205ef-c4be-713f-8a29-3dccd0ce8b26',NULL,1,'{"approved_by":[null,null],"content":[null,"{\"bindings\":[[\"gauge 7\",\"1\",\"diameter\"]],\"characteristics\":[{\"baseline_subgroups\":25,\"chart\":\"xbar_r\",\"criticality\":\"major\",\"decimals\":3,\"lower_specification\":null,\"name\":\"diameter\",\"nominal\":\"74.000\",\"plausible_high\":null,\"plausible_low\":null,\"rules\":\"nelson\",\"subgroup_size\":5,\"unit\":\"mm\",\"upper_specification\":null}],\"name\":\"ring\",\"part\":[\"P-1\",\"Ring\",\"\"],\"revision\":1,\"title\":\"\"}"],"content_hash":[null,"73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521"],"drafted_by":[null,"anna"],"effective_at":[null,null],"name":[null,"ring"],"part_id":[null,1],"revision":[null,1],"status":[null,"draft"],"title":[null,""],"uid":[null,"01a205ef-c4be-713f-8a29-3dccd0ce8b26"]}','',NULL,'e91cbd7bca79f9a03ffe9fed83df3db13d4e03f36ff8d8550e867d017b228ae1','c0c9ba53facbce0a6119cc99c2017e5c3897a82e329af626b89514fc4cba25c6');
INSERT INTO "journal" VALUES(6,'01a205ef-c725-740c-930e-15815269762c',1795395929893253,0,'released','ben','characteristic.create','characteristic','01a205ef-c725-740c-9034-c8de578ae12d',NULL,1,'{"baseline_subgroups":[null,25],"chart":[null,"xbar_r"],"criticality":[null,"major"],"decimals":[null,3],"lower_specification":[null,null],"name":[null,"diameter"],"nominal":[null,"74.000"],"part_id":[null,1],"plausible_high":[null,null],"plausible_low":[null,null],"rules":[null,"nelson"],"subgroup_size":[null,5],"uid":[null,"01a205ef-c725-740c-9034-c8de578ae12d"],"unit":[null,"mm"],"upper_specification":[null,null]}','reviewed',NULL,'c0c9ba53facbce0a6119cc99c2017e5c3897a82e329af626b89514fc4cba25c6','265c0c31b993782cb1565f65356646d24a8a2e2d19496ba5430be3c133da8a08');
INSERT INTO "journal" VALUES(7,'01a205ef-c725-740c-90c9-e2f9ac67a376',1795395929893253,0,'released','ben','inspection_plan_item.create','inspection_plan_item','01a205ef-c725-740c-a41f-587e0f3aa8b0',NULL,1,'{"characteristic_id":[null,1],"plan_id":[null,1],"sequence":[null,1],"uid":[null,"01a205ef-c725-740c-a41f-587e0f3aa8b0"]}','reviewed',NULL,'265c0c31b993782cb1565f65356646d24a8a2e2d19496ba5430be3c133da8a08','a9a6bc03925b2464cda23b7e2d03863ddae7ea9cff80247723914b31d05fb428');
INSERT INTO "journal" VALUES(8,'01a205ef-c725-740c-8f9d-bac56c3f8345',1795395929893253,0,'released','ben','binding.create','binding','01a205ef-c725-740c-9c4d-09118d087411',NULL,1,'{"active":[null,true],"channel":[null,"1"],"characteristic_id":[null,1],"continuous":[null,null],"gauge_id":[null,1],"uid":[null,"01a205ef-c725-740c-9c4d-09118d087411"]}','reviewed',NULL,'a9a6bc03925b2464cda23b7e2d03863ddae7ea9cff80247723914b31d05fb428','58fd69c9b9ad89539c6960a37634591fb9f87496ae9e1730b325373ea03ce52b');
INSERT INTO "journal" VALUES(9,'01a205ef-c725-740c-912b-ebe08272799e',1795395929893253,0,'released','ben','inspection_plan.approve','inspection_plan','01a205ef-c4be-713f-8a29-3dccd0ce8b26',1,2,'{"approved_by":[null,"ben"],"effective_at":[null,1795395929893253],"status":["draft","effective"]}','reviewed',NULL,'58fd69c9b9ad89539c6960a37634591fb9f87496ae9e1730b325373ea03ce52b','01f4c61b28462a2d6b095eaca5920dcf3098606ea9d5166743f12bdd24538e35');
INSERT INTO "journal" VALUES(10,'01a205ef-c7b7-7ef9-86c9-95fc8a8b3c6e',1795395930039936,0,'released','anna','measurement.append','measurement_batch','01a205ef-c7b7-7ef9-86c9-95fc8a8b3c6e',NULL,NULL,'{"closed":[[1,1,1]],"digest":"2ffc7c3616c3d392575a893228a707885d2525e9c561361c1796e15f9f779561","measurements":5,"refused":1,"spans":[[1,1,1]],"subgroups":1}','',NULL,'01f4c61b28462a2d6b095eaca5920dcf3098606ea9d5166743f12bdd24538e35','af8cdc01f803bcd73efde1b6cb408d8513468678a333d7c9cd5e52961c9ec975');
INSERT INTO "journal" VALUES(11,'01a205ef-c7c5-7991-ba86-f998b9f7268c',1795395930053598,0,'released','anna','measurement.append','measurement_batch','01a205ef-c7c5-7991-ba86-f998b9f7268c',NULL,NULL,'{"closed":[[1,2,2]],"digest":"828712ea5aa7afb3dc8b6dc5f805781adb406d966cbe2d83b626b163862c4a17","measurements":5,"refused":0,"spans":[[1,2,2]],"subgroups":1}','',NULL,'af8cdc01f803bcd73efde1b6cb408d8513468678a333d7c9cd5e52961c9ec975','6c9b557af70dc5ae531cc42ce0319f3b8cef90780f51fd9acad49dd599c1c070');
INSERT INTO "journal" VALUES(12,'01a205ef-c7c8-7ae9-af55-c47010930264',1795395930056682,0,'released','anna','channel_rollup.keep','channel_rollup','01a205ef-c7c8-7ae9-b413-d736be0c378e',NULL,1,'{"bad":[null,0],"characteristic_id":[null,1],"count":[null,1],"first_at":[null,7],"last_at":[null,7],"maximum":[null,"74.001"],"minimum":[null,"74.001"],"period":[null,"minute"],"squares":[null,"5476.148001"],"start":[null,0],"total":[null,"74.001"],"uid":[null,"01a205ef-c7c8-7ae9-b413-d736be0c378e"],"unit":[null,"mm"]}','',NULL,'6c9b557af70dc5ae531cc42ce0319f3b8cef90780f51fd9acad49dd599c1c070','f766638b835035aedc562a4260344d4a9e1d22bf38b395eb4deb717f784725d1');
INSERT INTO "journal" VALUES(13,'01a205ef-c7c8-7ae9-bf31-a52b1626f652',1795395930056682,0,'released','anna','control_limits.establish','control_limits','01a205ef-c7c8-7ae9-a86f-b1efaa7ed3fc',NULL,1,'{"active":[null,true],"characteristic_id":[null,1],"established_at":[null,1795395930056682],"established_by":[null,"anna"],"first_subgroup":[null,1],"last_subgroup":[null,2],"limits":[null,"{\"location\":{\"center\":74.003}}"],"uid":[null,"01a205ef-c7c8-7ae9-a86f-b1efaa7ed3fc"]}','',NULL,'f766638b835035aedc562a4260344d4a9e1d22bf38b395eb4deb717f784725d1','334f35ceae2449f272b58c664f4ae6feab9caf856bcbef9d280716f196c2ca53');
INSERT INTO "journal" VALUES(14,'01a205ef-c7ec-7cb0-9304-57cd9ddd1f9d',1795395930092793,0,'released','anna','identification.scan','identification','01a205ef-c7ec-7cb0-9a58-538d725a5acd',NULL,1,'{"cleared_at":[null,null],"cleared_by":[null,null],"kind":[null,"lot"],"part_id":[null,1],"scanned_at":[null,1795395930092793],"scanned_by":[null,"anna"],"source":[null,"reader"],"symbology":[null,"]C0"],"text":[null,"LOT 4711"],"uid":[null,"01a205ef-c7ec-7cb0-9a58-538d725a5acd"]}','',NULL,'334f35ceae2449f272b58c664f4ae6feab9caf856bcbef9d280716f196c2ca53','e9d7d74e718ba46de366f612ba81b924bbe67c4a2e96e2aac8f0eccff301bcc1');
INSERT INTO "journal" VALUES(15,'01a205ef-c7ec-7cb0-9051-cfa24dbc2293',1795395930092793,0,'released','anna','identification_start.scan','identification_start','01a205ef-c7ec-7cb0-8125-11b210d4f292',NULL,1,'{"characteristic_id":[null,1],"identification_id":[null,1],"kind":[null,"lot"],"position":[null,3],"subgroup":[null,2],"uid":[null,"01a205ef-c7ec-7cb0-8125-11b210d4f292"]}','',NULL,'e9d7d74e718ba46de366f612ba81b924bbe67c4a2e96e2aac8f0eccff301bcc1','57159798ea948e579a4aa642000910cc22edf60d9455a93b2295ed58644f1af5');
INSERT INTO "journal" VALUES(16,'01a205ef-c7f4-7bc6-a4cf-22d4f8270faa',1795395930100736,0,'released','anna','alarm.raise','alarm','01a205ef-c7f4-7bc6-9ee3-d8160d25eb39',NULL,1,'{"acknowledged_at":[null,null],"acknowledged_by":[null,null],"characteristic_id":[null,1],"ended":[null,null],"ended_at":[null,null],"limits_id":[null,null],"observed_at":[null,5000000],"raised_at":[null,1795395930100736],"reaction_step":[null,null],"rules":[null,"{\"rules\":[\"above the limit\"]}"],"seen":[null,"74.1 is above 74.05"],"seen_until":[null,null],"state":[null,"raised"],"subgroup":[null,3],"uid":[null,"01a205ef-c7f4-7bc6-9ee3-d8160d25eb39"]}','',NULL,'57159798ea948e579a4aa642000910cc22edf60d9455a93b2295ed58644f1af5','bbbad7a10fb09c7dfe9524cf2437032068339c8e4fe3dd147d667af9866ef126');
INSERT INTO "journal" VALUES(17,'01a205ef-c7f4-7bc6-88f2-d72bee1bc78f',1795395930100736,0,'released','anna','alarm.raise','alarm','01a205ef-c7f4-7bc6-b81e-2fce9bcb4b9d',NULL,1,'{"acknowledged_at":[null,null],"acknowledged_by":[null,null],"characteristic_id":[null,1],"ended":[null,null],"ended_at":[null,null],"limits_id":[null,null],"observed_at":[null,9000000],"raised_at":[null,1795395930100736],"reaction_step":[null,null],"rules":[null,"{\"rules\":[\"silent\"]}"],"seen":[null,"74.1 is above 74.05"],"seen_until":[null,null],"state":[null,"raised"],"subgroup":[null,3],"uid":[null,"01a205ef-c7f4-7bc6-b81e-2fce9bcb4b9d"]}','',NULL,'bbbad7a10fb09c7dfe9524cf2437032068339c8e4fe3dd147d667af9866ef126','34abea1050b7a8eb6f82bb54c30a4355be99fd6587aa680f2a7da9111783d5fe');
INSERT INTO "journal" VALUES(18,'01a205ef-c803-74a7-8cff-28fbb8774a5a',1795395930115291,0,'released','anna','alarm.end','alarm','01a205ef-c7f4-7bc6-9ee3-d8160d25eb39',1,2,'{"ended":[null,"74.0 is back within limits"],"ended_at":[null,7000000]}','',NULL,'34abea1050b7a8eb6f82bb54c30a4355be99fd6587aa680f2a7da9111783d5fe','d7cf46bdefb7e97b0e450ea28abe8f38c2f9c6a0056a04785c3ae94dc855c01f');
INSERT INTO "journal" VALUES(19,'01a205ef-c82d-71f3-8777-e0e449f6a446',1795395930157122,0,'released','anna','nonconformance.open','nonconformance','01a205ef-c82d-71f3-afe4-1a4394e5e687',NULL,1,'{"characteristic_id":[null,1],"closed_at":[null,null],"closed_by":[null,null],"concession":[null,null],"containment":[null,null],"disposition":[null,null],"disposition_at":[null,null],"disposition_by":[null,null],"disposition_reason":[null,null],"evidence":[null,"{\"severity\":\"major\"}"],"nature":[null,"scratched"],"number":[null,"NC-2026-0001"],"observed_at":[null,1795395930157122],"opened_at":[null,1795395930157122],"opened_by":[null,"anna"],"part_id":[null,1],"position":[null,null],"quantity":[null,2],"reverification":[null,null],"reverified_by":[null,null],"signature_id":[null,null],"state":[null,"open"],"subgroup":[null,null],"uid":[null,"01a205ef-c82d-71f3-afe4-1a4394e5e687"]}','',NULL,'d7cf46bdefb7e97b0e450ea28abe8f38c2f9c6a0056a04785c3ae94dc855c01f','a85a71a7de0b2de4c7ffc39c6469153c6dffff45790fd4f893161313d06a12f3');
CREATE TABLE journal_head (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_journal_head_single CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    measurements INTEGER NOT NULL,
    subgroups INTEGER NOT NULL,
    refused INTEGER NOT NULL
);
INSERT INTO "journal_head" VALUES(1,19,'a85a71a7de0b2de4c7ffc39c6469153c6dffff45790fd4f893161313d06a12f3',10,2,1);
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
INSERT INTO "nonconformance" VALUES(1,'01a205ef-c82d-71f3-afe4-1a4394e5e687',1,1,1,NULL,NULL,'scratched',2,'{"severity":"major"}','open','anna',1795395930157122,1795395930157122,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'NC-2026-0001');
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
INSERT INTO "part" VALUES(1,'01a205ef-c4be-713f-b876-5f1ff46b638b',1,'P-1','Ring','');
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
INSERT INTO "station" VALUES(1,'01a205ef-c419-737c-81c2-dc3e4a29fb39','released',1795395929113218);
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
CREATE UNIQUE INDEX uq_alarm_characteristic_id_subgroup
    ON alarm (characteristic_id, subgroup) WHERE limits_id IS NOT NULL
;
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
CREATE TRIGGER channel_rollup_no_delete BEFORE DELETE ON channel_rollup BEGIN SELECT RAISE(ABORT, 'channel_rollup is kept for good'); END;
CREATE TRIGGER control_limits_no_delete BEFORE DELETE ON control_limits BEGIN SELECT RAISE(ABORT, 'control_limits is kept for good'); END;
CREATE TRIGGER inspection_plan_item_no_delete BEFORE DELETE ON inspection_plan_item BEGIN SELECT RAISE(ABORT, 'inspection_plan_item is kept for good'); END;
CREATE TRIGGER investigation_no_delete BEFORE DELETE ON investigation BEGIN SELECT RAISE(ABORT, 'investigation is kept for good'); END;
CREATE TRIGGER nonconformance_no_delete BEFORE DELETE ON nonconformance BEGIN SELECT RAISE(ABORT, 'nonconformance is kept for good'); END;
CREATE TRIGGER alarm_no_delete BEFORE DELETE ON alarm BEGIN SELECT RAISE(ABORT, 'alarm is kept for good'); END;
CREATE TRIGGER journal_gapless BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END;
CREATE INDEX ix_identification_text ON identification (text);
CREATE INDEX ix_identification_start_identification_id ON identification_start (identification_id)
;
CREATE TRIGGER identification_no_delete BEFORE DELETE ON identification BEGIN SELECT RAISE(ABORT, 'identification is kept for good'); END;
CREATE TRIGGER identification_start_no_delete BEFORE DELETE ON identification_start BEGIN SELECT RAISE(ABORT, 'identification_start is kept for good'); END;
CREATE INDEX ix_alarm_watch ON alarm (characteristic_id, rules) WHERE limits_id IS NULL;
CREATE INDEX ix_alarm_lasting ON alarm (characteristic_id) WHERE limits_id IS NULL AND ended IS NULL;
CREATE INDEX ix_alarm_waiting ON alarm (characteristic_id) WHERE acknowledged_at IS NULL
;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('account',2);
INSERT INTO "sqlite_sequence" VALUES('gauge',1);
INSERT INTO "sqlite_sequence" VALUES('part',1);
INSERT INTO "sqlite_sequence" VALUES('inspection_plan',1);
INSERT INTO "sqlite_sequence" VALUES('characteristic',1);
INSERT INTO "sqlite_sequence" VALUES('inspection_plan_item',1);
INSERT INTO "sqlite_sequence" VALUES('binding',1);
INSERT INTO "sqlite_sequence" VALUES('channel_rollup',1);
INSERT INTO "sqlite_sequence" VALUES('control_limits',1);
INSERT INTO "sqlite_sequence" VALUES('identification',1);
INSERT INTO "sqlite_sequence" VALUES('identification_start',1);
INSERT INTO "sqlite_sequence" VALUES('alarm',2);
INSERT INTO "sqlite_sequence" VALUES('nonconformance',1);
COMMIT;
