-- From version 1 to version 2: what happens later (versions, states that last, events), and what decides beside the
-- repository's policy (the registry's, sessions of other origins).

-- STS and IAM
ALTER TABLE session ADD COLUMN source_identity TEXT;
ALTER TABLE session ADD COLUMN transitive TEXT NOT NULL DEFAULT '[]';
ALTER TABLE session ADD COLUMN context TEXT NOT NULL DEFAULT '{}';
CREATE TABLE oidc_provider (
    arn TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;
CREATE TABLE oidc_keys (url TEXT PRIMARY KEY, keys TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- ECR
ALTER TABLE repository ADD COLUMN lifecycle_policy TEXT;
ALTER TABLE repository ADD COLUMN lifecycle_evaluated TEXT;
ALTER TABLE repository ADD COLUMN lifecycle_due TEXT;
CREATE INDEX repository_lifecycle ON repository (lifecycle_due) WHERE lifecycle_due IS NOT NULL;
CREATE TABLE lifecycle_preview (
    repository TEXT PRIMARY KEY REFERENCES repository ON DELETE CASCADE,
    policy TEXT NOT NULL,
    results TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE repository ADD COLUMN replica_of TEXT;
CREATE INDEX repository_replica ON repository (replica_of) WHERE replica_of IS NOT NULL;
ALTER TABLE image ADD COLUMN status TEXT NOT NULL DEFAULT 'ACTIVE';
ALTER TABLE image ADD COLUMN archived TEXT;
ALTER TABLE image ADD COLUMN activated TEXT;
ALTER TABLE image ADD COLUMN last_pulled TEXT;
CREATE TABLE registry (
    arn TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    region TEXT NOT NULL,
    policy TEXT,
    settings TEXT NOT NULL,
    UNIQUE (account, region)
) STRICT;
CREATE TABLE pull_through_rule (
    account TEXT NOT NULL REFERENCES account,
    region TEXT NOT NULL,
    prefix TEXT NOT NULL,
    upstream TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (account, region, prefix)
) STRICT, WITHOUT ROWID;

-- Lambda
ALTER TABLE function ADD COLUMN published TEXT;
CREATE TABLE function_number (arn TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE function ADD COLUMN concurrency INTEGER;
ALTER TABLE function ADD COLUMN ready_after TEXT;
ALTER TABLE function ADD COLUMN last_invoked TEXT;
ALTER TABLE function ADD COLUMN serving TEXT;
ALTER TABLE function ADD COLUMN fetch INTEGER NOT NULL DEFAULT 0;
CREATE INDEX function_waiting ON function (ready_after) WHERE ready_after IS NOT NULL;
CREATE INDEX function_idle ON function (max(modified, coalesce(last_invoked, modified))) WHERE state = 'Active';
ALTER TABLE function_alias ADD COLUMN weights TEXT NOT NULL DEFAULT '{}';

-- VPC endpoints
CREATE TABLE vpc_endpoint (
    account TEXT NOT NULL REFERENCES account,
    service TEXT NOT NULL,
    policy TEXT NOT NULL,
    vpce TEXT,
    vpc TEXT,
    PRIMARY KEY (account, service)
) STRICT, WITHOUT ROWID;

-- CloudTrail
ALTER TABLE event ADD COLUMN category TEXT NOT NULL DEFAULT 'Management';
ALTER TABLE event ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN username TEXT;
ALTER TABLE event ADD COLUMN access_key TEXT;
ALTER TABLE event ADD COLUMN resource TEXT;
ALTER TABLE event ADD COLUMN reason TEXT;
CREATE TABLE event_resource (
    event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (event, type, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_resource_name ON event_resource (name);

-- What policies were before a change, for as long as that decides
CREATE TABLE superseded (
    number INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    changed TEXT NOT NULL,
    before TEXT
) STRICT;
CREATE INDEX superseded_holder ON superseded (holder, number);
