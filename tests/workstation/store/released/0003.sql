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
INSERT INTO "account" VALUES(1,'01a205d5-69be-755c-930c-fbc63c9a105e',1,'anna','Anna','engineer','$argon2id$v=19$m=64,t=1,p=1$xiys3OukT7uIeqjMjfF3jw$kGqYvfQgpAV1a21oddhi1/iVCoSGMgkfmTqXFF7bQuA',1,0,0);
INSERT INTO "account" VALUES(2,'01a205d5-69be-755c-8874-98326cce3edb',1,'ben','Ben','supervisor','$argon2id$v=19$m=64,t=1,p=1$3QNRIVR8z53qkw23uOiilQ$cUX6jrsbPi0XZTe95v9j9VKNqe6LcB77qBrHMbNoeJQ',1,0,0);
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
INSERT INTO "alarm" VALUES(1,'01a205d5-6a3a-7487-8576-b860e6477402',2,1,3,'{"rules":["above the limit"]}',NULL,1795394202170283,5000000,'raised',NULL,NULL,NULL,'74.1 is above 74.05',7000000,NULL,'74.0 is back within limits');
INSERT INTO "alarm" VALUES(2,'01a205d5-6a3a-7487-9978-d37fc5456492',1,1,3,'{"rules":["silent"]}',NULL,1795394202170283,9000000,'raised',NULL,NULL,NULL,'74.1 is above 74.05',NULL,NULL,NULL);
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
INSERT INTO "binding" VALUES(1,'01a205d5-6a1c-77b2-a274-1d361e43d5b3',1,1,'1',1,1,NULL);
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
INSERT INTO "channel_rollup" VALUES(1,'01a205d5-6a2e-7072-a408-d3b03c3b6630',1,1,'minute',0,1,0,'74.001','5476.148001','74.001','74.001',7,7,'mm');
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
INSERT INTO "characteristic" VALUES(1,'01a205d5-6a1c-77b2-be70-2fd2ea0c980e',1,1,'diameter','mm',3,'74.000',NULL,NULL,NULL,NULL,5,'xbar_r','nelson',25,'major');
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
INSERT INTO "control_limits" VALUES(1,'01a205d5-6a2e-7072-a052-bbf25ae3918c',1,1,'{"location":{"center":74.003}}','anna',1795394202158028,1,2,1);
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
INSERT INTO "gauge" VALUES(1,'01a205d5-69dd-7322-8920-75e74e075178',1,'gauge 7','','mitutoyo','COM5',NULL,NULL,'active');
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
INSERT INTO "identification" VALUES(1,'01a205d5-6a36-7b02-9bc0-7c9eae772561',1,1,'lot','LOT 4711',']C0','reader',1795394202166688,'anna',NULL,NULL);
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
INSERT INTO "identification_start" VALUES(1,'01a205d5-6a36-7b02-8870-9677ef210084',1,1,1,'lot',2,3);
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
INSERT INTO "inspection_plan" VALUES(1,'01a205d5-69dd-7322-a8da-77d195d99e6a',2,'ring',1,1,'','effective','{"bindings":[["gauge 7","1","diameter"]],"characteristics":[{"baseline_subgroups":25,"chart":"xbar_r","criticality":"major","decimals":3,"lower_specification":null,"name":"diameter","nominal":"74.000","plausible_high":null,"plausible_low":null,"rules":"nelson","subgroup_size":5,"unit":"mm","upper_specification":null}],"name":"ring","part":["P-1","Ring",""],"revision":1,"title":""}','73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521','anna','ben',1795394202140481);
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
INSERT INTO "inspection_plan_item" VALUES(1,'01a205d5-6a1c-77b2-b730-851dcbed1f89',1,1,1,1);
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
INSERT INTO "journal" VALUES(1,'01a205d5-69be-755c-93c7-54f69aecea90',1795394202046335,0,'released','setup','account.create','account','01a205d5-69be-755c-930c-fbc63c9a105e',NULL,1,'{"active":[null,true],"display_name":[null,"Anna"],"failures":[null,0],"locked":[null,false],"name":[null,"anna"],"role":[null,"engineer"],"uid":[null,"01a205d5-69be-755c-930c-fbc63c9a105e"],"verifier":[null,{"sha256":"4fc97f6298a72fe74947922ee8921730a6399338c5b2e6c66bdb9f248944cf3d"}]}','',NULL,'0000000000000000000000000000000000000000000000000000000000000000','af3795fad17ee119e42ae192c44ef6680dc089e4dfa9b17ce42f18ece0f5a44a');
INSERT INTO "journal" VALUES(2,'01a205d5-69be-755c-8d7e-653b969424d6',1795394202046335,0,'released','setup','account.create','account','01a205d5-69be-755c-8874-98326cce3edb',NULL,1,'{"active":[null,true],"display_name":[null,"Ben"],"failures":[null,0],"locked":[null,false],"name":[null,"ben"],"role":[null,"supervisor"],"uid":[null,"01a205d5-69be-755c-8874-98326cce3edb"],"verifier":[null,{"sha256":"87964ee9c948367af5e37633ccafc295248c899fb77beab48a9cb5e6b58489d8"}]}','',NULL,'af3795fad17ee119e42ae192c44ef6680dc089e4dfa9b17ce42f18ece0f5a44a','7ddcb443b2d2707835bf4cecee834aad2629e4bba65bdbad348131ae45010c5b');
INSERT INTO "journal" VALUES(3,'01a205d5-69dd-7322-a948-c3f60432e046',1795394202077196,0,'released','anna','gauge.create','gauge','01a205d5-69dd-7322-8920-75e74e075178',NULL,1,'{"calibration_due":[null,null],"name":[null,"gauge 7"],"port":[null,"COM5"],"profile":[null,"mitutoyo"],"serial_number":[null,""],"status":[null,"active"],"uid":[null,"01a205d5-69dd-7322-8920-75e74e075178"],"unit":[null,null]}','',NULL,'7ddcb443b2d2707835bf4cecee834aad2629e4bba65bdbad348131ae45010c5b','904c24dc6caec117bf37a13c8b04c4084cbc2fa8938a179f6b09ee5e9a0c22f3');
INSERT INTO "journal" VALUES(4,'01a205d5-69dd-7322-a58c-25295879228b',1795394202077196,0,'released','anna','part.create','part','01a205d5-69dd-7322-b2a9-22608ab0f2cf',NULL,1,'{"drawing_revision":[null,""],"name":[null,"Ring"],"number":[null,"P-1"],"uid":[null,"01a205d5-69dd-7322-b2a9-22608ab0f2cf"]}','',NULL,'904c24dc6caec117bf37a13c8b04c4084cbc2fa8938a179f6b09ee5e9a0c22f3','02766df3d800b5a2859453ef45cab3e96ccbf76d5e6609f5a509ff0eb16ff67d');
INSERT INTO "journal" VALUES(5,'01a205d5-69dd-7322-ae9d-3677977a5082',1795394202077196,0,'released','anna','inspection_plan.draft','inspection_plan','01a205d5-69dd-7322-a8da-77d195d99e6a',NULL,1,'{"approved_by":[null,null],"content":[null,"{\"bindings\":[[\"gauge 7\",\"1\",\"diameter\"]],\"characteristics\":[{\"baseline_subgroups\":25,\"chart\":\"xbar_r\",\"criticality\":\"major\",\"decimals\":3,\"lower_specification\":null,\"name\":\"diameter\",\"nominal\":\"74.000\",\"plausible_high\":null,\"plausible_low\":null,\"rules\":\"nelson\",\"subgroup_size\":5,\"unit\":\"mm\",\"upper_specification\":null}],\"name\":\"ring\",\"part\":[\"P-1\",\"Ring\",\"\"],\"revision\":1,\"title\":\"\"}"],"content_hash":[null,"73e4273581c64020541c4c54b9b144978602ab8863385ef800560e623b4f4521"],"drafted_by":[null,"anna"],"effective_at":[null,null],"name":[null,"ring"],"part_id":[null,1],"revision":[null,1],"status":[null,"draft"],"title":[null,""],"uid":[null,"01a205d5-69dd-7322-a8da-77d195d99e6a"]}','',NULL,'02766df3d800b5a2859453ef45cab3e96ccbf76d5e6609f5a509ff0eb16ff67d','32210aab6782d9c9e6efdb1e3a1c9f37ea3f6ce8557caea6a72a23a2d9a8ba8e');
INSERT INTO "journal" VALUES(6,'01a205d5-6a1c-77b2-a8bb-50f1942b1971',1795394202140481,0,'released','ben','characteristic.create','characteristic','01a205d5-6a1c-77b2-be70-2fd2ea0c980e',NULL,1,'{"baseline_subgroups":[null,25],"chart":[null,"xbar_r"],"criticality":[null,"major"],"decimals":[null,3],"lower_specification":[null,null],"name":[null,"diameter"],"nominal":[null,"74.000"],"part_id":[null,1],"plausible_high":[null,null],"plausible_low":[null,null],"rules":[null,"nelson"],"subgroup_size":[null,5],"uid":[null,"01a205d5-6a1c-77b2-be70-2fd2ea0c980e"],"unit":[null,"mm"],"upper_specification":[null,null]}','reviewed',NULL,'32210aab6782d9c9e6efdb1e3a1c9f37ea3f6ce8557caea6a72a23a2d9a8ba8e','74aea1bfe9369c5f2cb82c62f7d42b5581f36bf3e26892fb8e2dc50739a655b2');
INSERT INTO "journal" VALUES(7,'01a205d5-6a1c-77b2-8e91-ae02fff20085',1795394202140481,0,'released','ben','inspection_plan_item.create','inspection_plan_item','01a205d5-6a1c-77b2-b730-851dcbed1f89',NULL,1,'{"characteristic_id":[null,1],"plan_id":[null,1],"sequence":[null,1],"uid":[null,"01a205d5-6a1c-77b2-b730-851dcbed1f89"]}','reviewed',NULL,'74aea1bfe9369c5f2cb82c62f7d42b5581f36bf3e26892fb8e2dc50739a655b2','f102c3d6c5e20f1562bc60f122e9008c38f5f4bd1a3e98496e1080edb9eabbea');
INSERT INTO "journal" VALUES(8,'01a205d5-6a1c-77b2-9047-67716e31972c',1795394202140481,0,'released','ben','binding.create','binding','01a205d5-6a1c-77b2-a274-1d361e43d5b3',NULL,1,'{"active":[null,true],"channel":[null,"1"],"characteristic_id":[null,1],"continuous":[null,null],"gauge_id":[null,1],"uid":[null,"01a205d5-6a1c-77b2-a274-1d361e43d5b3"]}','reviewed',NULL,'f102c3d6c5e20f1562bc60f122e9008c38f5f4bd1a3e98496e1080edb9eabbea','bfc562de1cb6048c0e420a20541134042ffab340cb19ab4538367747e19d1134');
INSERT INTO "journal" VALUES(9,'01a205d5-6a1c-77b2-9a4b-3e9b8514de7d',1795394202140481,0,'released','ben','inspection_plan.approve','inspection_plan','01a205d5-69dd-7322-a8da-77d195d99e6a',1,2,'{"approved_by":[null,"ben"],"effective_at":[null,1795394202140481],"status":["draft","effective"]}','reviewed',NULL,'bfc562de1cb6048c0e420a20541134042ffab340cb19ab4538367747e19d1134','5a6f3f57259a211590e17615741403fbd8acb63ae318c2f968a7a09a23f8b042');
INSERT INTO "journal" VALUES(10,'01a205d5-6a2c-7210-9042-7046e6b745c7',1795394202156129,0,'released','anna','measurement.append','measurement_batch','01a205d5-6a2c-7210-9042-7046e6b745c7',NULL,NULL,'{"closed":[[1,1,1]],"digest":"2ffc7c3616c3d392575a893228a707885d2525e9c561361c1796e15f9f779561","measurements":5,"refused":1,"spans":[[1,1,1]],"subgroups":1}','',NULL,'5a6f3f57259a211590e17615741403fbd8acb63ae318c2f968a7a09a23f8b042','a1f96506358b6137431d32c1e0adeede47c888a06f0ab9421ac8ccd074638162');
INSERT INTO "journal" VALUES(11,'01a205d5-6a2d-75ef-a077-5bf54872f166',1795394202157371,0,'released','anna','measurement.append','measurement_batch','01a205d5-6a2d-75ef-a077-5bf54872f166',NULL,NULL,'{"closed":[[1,2,2]],"digest":"828712ea5aa7afb3dc8b6dc5f805781adb406d966cbe2d83b626b163862c4a17","measurements":5,"refused":0,"spans":[[1,2,2]],"subgroups":1}','',NULL,'a1f96506358b6137431d32c1e0adeede47c888a06f0ab9421ac8ccd074638162','1a2846deecac1716bc4d103b0de42e94a13e04b26c0731b7b60bb7346b3376a4');
INSERT INTO "journal" VALUES(12,'01a205d5-6a2e-7072-998e-5d62363ee06a',1795394202158028,0,'released','anna','channel_rollup.keep','channel_rollup','01a205d5-6a2e-7072-a408-d3b03c3b6630',NULL,1,'{"bad":[null,0],"characteristic_id":[null,1],"count":[null,1],"first_at":[null,7],"last_at":[null,7],"maximum":[null,"74.001"],"minimum":[null,"74.001"],"period":[null,"minute"],"squares":[null,"5476.148001"],"start":[null,0],"total":[null,"74.001"],"uid":[null,"01a205d5-6a2e-7072-a408-d3b03c3b6630"],"unit":[null,"mm"]}','',NULL,'1a2846deecac1716bc4d103b0de42e94a13e04b26c0731b7b60bb7346b3376a4','3610718e9f90dc99c5812e75fe06c172e10101217d36571bc751ab13450dc57a');
INSERT INTO "journal" VALUES(13,'01a205d5-6a2e-7072-84e1-0a9059c437f7',1795394202158028,0,'released','anna','control_limits.establish','control_limits','01a205d5-6a2e-7072-a052-bbf25ae3918c',NULL,1,'{"active":[null,true],"characteristic_id":[null,1],"established_at":[null,1795394202158028],"established_by":[null,"anna"],"first_subgroup":[null,1],"last_subgroup":[null,2],"limits":[null,"{\"location\":{\"center\":74.003}}"],"uid":[null,"01a205d5-6a2e-7072-a052-bbf25ae3918c"]}','',NULL,'3610718e9f90dc99c5812e75fe06c172e10101217d36571bc751ab13450dc57a','d77851fc3bb8228a3d54b96ad90602f9b76fdff0952865b45978321740d00569');
INSERT INTO "journal" VALUES(14,'01a205d5-6a36-7b02-aa66-79bedc554dd0',1795394202166688,0,'released','anna','identification.scan','identification','01a205d5-6a36-7b02-9bc0-7c9eae772561',NULL,1,'{"cleared_at":[null,null],"cleared_by":[null,null],"kind":[null,"lot"],"part_id":[null,1],"scanned_at":[null,1795394202166688],"scanned_by":[null,"anna"],"source":[null,"reader"],"symbology":[null,"]C0"],"text":[null,"LOT 4711"],"uid":[null,"01a205d5-6a36-7b02-9bc0-7c9eae772561"]}','',NULL,'d77851fc3bb8228a3d54b96ad90602f9b76fdff0952865b45978321740d00569','0bbf89923d06c7e04c8a1c4a81154ded47bf68aefee972fa80f9a539da9e4322');
INSERT INTO "journal" VALUES(15,'01a205d5-6a36-7b02-8b40-b6713ec56cdc',1795394202166688,0,'released','anna','identification_start.scan','identification_start','01a205d5-6a36-7b02-8870-9677ef210084',NULL,1,'{"characteristic_id":[null,1],"identification_id":[null,1],"kind":[null,"lot"],"position":[null,3],"subgroup":[null,2],"uid":[null,"01a205d5-6a36-7b02-8870-9677ef210084"]}','',NULL,'0bbf89923d06c7e04c8a1c4a81154ded47bf68aefee972fa80f9a539da9e4322','0c7b07007bedc34809fcf8ff1c2d248a25148cf5875ab75d2fa5afa3def91915');
INSERT INTO "journal" VALUES(16,'01a205d5-6a3a-7487-a2f8-ec006f83b757',1795394202170283,0,'released','anna','alarm.raise','alarm','01a205d5-6a3a-7487-8576-b860e6477402',NULL,1,'{"acknowledged_at":[null,null],"acknowledged_by":[null,null],"characteristic_id":[null,1],"ended":[null,null],"ended_at":[null,null],"limits_id":[null,null],"observed_at":[null,5000000],"raised_at":[null,1795394202170283],"reaction_step":[null,null],"rules":[null,"{\"rules\":[\"above the limit\"]}"],"seen":[null,"74.1 is above 74.05"],"seen_until":[null,null],"state":[null,"raised"],"subgroup":[null,3],"uid":[null,"01a205d5-6a3a-7487-8576-b860e6477402"]}','',NULL,'0c7b07007bedc34809fcf8ff1c2d248a25148cf5875ab75d2fa5afa3def91915','2fd6698c57ca30316ebafcce7f527b2ece814dfca4fe477f6c32980d9c41d7e0');
INSERT INTO "journal" VALUES(17,'01a205d5-6a3a-7487-8d52-c38d818f6185',1795394202170283,0,'released','anna','alarm.raise','alarm','01a205d5-6a3a-7487-9978-d37fc5456492',NULL,1,'{"acknowledged_at":[null,null],"acknowledged_by":[null,null],"characteristic_id":[null,1],"ended":[null,null],"ended_at":[null,null],"limits_id":[null,null],"observed_at":[null,9000000],"raised_at":[null,1795394202170283],"reaction_step":[null,null],"rules":[null,"{\"rules\":[\"silent\"]}"],"seen":[null,"74.1 is above 74.05"],"seen_until":[null,null],"state":[null,"raised"],"subgroup":[null,3],"uid":[null,"01a205d5-6a3a-7487-9978-d37fc5456492"]}','',NULL,'2fd6698c57ca30316ebafcce7f527b2ece814dfca4fe477f6c32980d9c41d7e0','2b4560d03eb85e045d68af267c0b22c6495842b7011d8470a52ec3e46909770b');
INSERT INTO "journal" VALUES(18,'01a205d5-6a3f-7174-9197-9e32c788ab47',1795394202175091,0,'released','anna','alarm.end','alarm','01a205d5-6a3a-7487-8576-b860e6477402',1,2,'{"ended":[null,"74.0 is back within limits"],"ended_at":[null,7000000]}','',NULL,'2b4560d03eb85e045d68af267c0b22c6495842b7011d8470a52ec3e46909770b','fe29c58bf9ddffecfcd1760b8e36b8aa992bfc01861fbb0892065e017e467072');
INSERT INTO "journal" VALUES(19,'01a205d5-6a45-7b4b-84a8-abf834faed94',1795394202181706,0,'released','anna','nonconformance.open','nonconformance','01a205d5-6a45-7b4b-ae20-f3a331c2f56d',NULL,1,'{"characteristic_id":[null,1],"closed_at":[null,null],"closed_by":[null,null],"concession":[null,null],"containment":[null,null],"disposition":[null,null],"disposition_at":[null,null],"disposition_by":[null,null],"disposition_reason":[null,null],"evidence":[null,"{\"severity\":\"major\"}"],"nature":[null,"scratched"],"number":[null,"NC-2026-0001"],"observed_at":[null,1795394202181706],"opened_at":[null,1795394202181706],"opened_by":[null,"anna"],"part_id":[null,1],"position":[null,null],"quantity":[null,2],"reverification":[null,null],"reverified_by":[null,null],"signature_id":[null,null],"state":[null,"open"],"subgroup":[null,null],"uid":[null,"01a205d5-6a45-7b4b-ae20-f3a331c2f56d"]}','',NULL,'fe29c58bf9ddffecfcd1760b8e36b8aa992bfc01861fbb0892065e017e467072','1701a692ffe854df1cb7610b99d1486506d8520d6b1a44002378e8a82665b733');
CREATE TABLE journal_head (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_journal_head_single CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    measurements INTEGER NOT NULL,
    subgroups INTEGER NOT NULL,
    refused INTEGER NOT NULL
);
INSERT INTO "journal_head" VALUES(1,19,'1701a692ffe854df1cb7610b99d1486506d8520d6b1a44002378e8a82665b733',10,2,1);
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
INSERT INTO "nonconformance" VALUES(1,'01a205d5-6a45-7b4b-ae20-f3a331c2f56d',1,1,1,NULL,NULL,'scratched',2,'{"severity":"major"}','open','anna',1795394202181706,1795394202181706,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'NC-2026-0001');
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
INSERT INTO "part" VALUES(1,'01a205d5-69dd-7322-b2a9-22608ab0f2cf',1,'P-1','Ring','');
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
INSERT INTO "station" VALUES(1,'01a205d5-69b5-7ba1-bf3b-df3d385a6f8b','released',1795394202037727);
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
CREATE INDEX ix_alarm_lasting ON alarm (characteristic_id) WHERE limits_id IS NULL AND ended IS NULL
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
