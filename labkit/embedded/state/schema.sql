-- The schema of the state, all of it in one readable place; labkit/embedded/state/schema.py has its version.
--
-- One row is one thing. What is looked up or must be unique is a column; what is only shown again as it was sent
-- (options of a function, filters of a repository) is a JSON text. Dates are texts in UTC, all from the lab's one clock.
-- Secrets stand in access_key, session and setting only; the file is for its owner.

-- What is one for the whole lab: settings of the world, offset of the clock, the key that signs download URLs.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Every account that exists: those with profiles, those that an organization has made, and those outside, of which
-- nothing is known here but that they exist.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('profile', 'organization', 'outside')),
    alias TEXT UNIQUE,
    created TEXT NOT NULL
) STRICT;

-- Tags of anything: an entity by its id, everything else by its ARN (of Organizations: by its id).
CREATE TABLE tag (
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource, key)
) STRICT, WITHOUT ROWID;

-- IAM ----------------------------------------------------------------------------------------------------------------

-- Users, groups and roles; IAM calls them entities. A name is unique whatever its case, and looked up as it is written.
CREATE TABLE entity (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group', 'role')),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    boundary TEXT,                -- ARN of a managed policy
    description TEXT,             -- what follows is a role's
    trust_policy TEXT,
    max_session INTEGER,          -- seconds
    linked_service TEXT,          -- the service of a service-linked role
    last_used TEXT, last_used_region TEXT,
    UNIQUE (account, kind, name)
) STRICT;
CREATE UNIQUE INDEX entity_name ON entity (account, kind, name COLLATE NOCASE);
CREATE INDEX entity_boundary ON entity (boundary) WHERE boundary IS NOT NULL;

CREATE TABLE group_member (
    group_id TEXT NOT NULL REFERENCES entity,
    user_id TEXT NOT NULL REFERENCES entity,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_user ON group_member (user_id);

CREATE TABLE inline_policy (
    entity TEXT NOT NULL REFERENCES entity,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (entity, name)
) STRICT;

-- Customer managed policies. AWS's own are a data file (labkit.embedded.records.aws_policies).
CREATE TABLE managed_policy (
    arn TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    default_version INTEGER NOT NULL,
    last_version INTEGER NOT NULL       -- the highest number ever given: numbers are not given twice
) STRICT;
CREATE UNIQUE INDEX managed_policy_name ON managed_policy (account, name COLLATE NOCASE);

CREATE TABLE policy_version (
    policy TEXT NOT NULL REFERENCES managed_policy ON DELETE CASCADE,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (policy, number)
) STRICT;

-- Which managed policies, AWS's or a customer's, are attached to which entity; the order is that of attaching.
CREATE TABLE attached_policy (
    entity TEXT NOT NULL REFERENCES entity,
    policy TEXT NOT NULL,
    PRIMARY KEY (entity, policy)
) STRICT;
CREATE INDEX attached_policy_policy ON attached_policy (policy);

CREATE TABLE access_key (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES entity,
    secret TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created TEXT NOT NULL,
    last_used TEXT, last_used_service TEXT, last_used_region TEXT
) STRICT;
CREATE INDEX access_key_user ON access_key (user_id);

-- Temporary credentials: of a role, or (parent is set) of the user whose access key asked for them.
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    token TEXT NOT NULL,
    account TEXT NOT NULL,
    arn TEXT NOT NULL,
    principal_arn TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role_id TEXT,
    parent TEXT REFERENCES access_key ON DELETE CASCADE,
    policies TEXT,                -- JSON list of text and ARN (empty where it is no managed one)
    tags TEXT NOT NULL,           -- JSON object
    issued TEXT NOT NULL,
    expires TEXT NOT NULL,
    source_identity TEXT,
    transitive TEXT NOT NULL DEFAULT '[]',    -- JSON list: keys of tags that go on to the next role
    context TEXT NOT NULL DEFAULT '{}'        -- JSON object: condition keys that came with a web identity
) STRICT;
CREATE INDEX session_expires ON session (expires);
CREATE INDEX session_parent ON session (parent) WHERE parent IS NOT NULL;

-- Identity providers of OpenID Connect, as IAM has them; url has no https://.
CREATE TABLE oidc_provider (
    arn TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,     -- JSON list
    thumbprints TEXT NOT NULL,    -- JSON list
    created TEXT NOT NULL
) STRICT;

-- The public keys of providers, given to the lab, which fetches nothing; keys is a JSON Web Key Set.
CREATE TABLE oidc_keys (url TEXT PRIMARY KEY, keys TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE instance_profile (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    role_id TEXT REFERENCES entity
) STRICT;
CREATE UNIQUE INDEX instance_profile_name ON instance_profile (account, name COLLATE NOCASE);
CREATE INDEX instance_profile_role ON instance_profile (role_id) WHERE role_id IS NOT NULL;

-- How many of a kind an account has, counted by triggers as rows come and go: quotas are asked at every creation.
CREATE TABLE tally (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,           -- user, group, role, policy, instance-profile
    number INTEGER NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER entity_made AFTER INSERT ON entity BEGIN
    INSERT INTO tally VALUES (NEW.account, NEW.kind, 1) ON CONFLICT DO UPDATE SET number = number + 1; END;
CREATE TRIGGER entity_gone AFTER DELETE ON entity BEGIN
    UPDATE tally SET number = number - 1 WHERE account = OLD.account AND kind = OLD.kind; END;
CREATE TRIGGER managed_policy_made AFTER INSERT ON managed_policy BEGIN
    INSERT INTO tally VALUES (NEW.account, 'policy', 1) ON CONFLICT DO UPDATE SET number = number + 1; END;
CREATE TRIGGER managed_policy_gone AFTER DELETE ON managed_policy BEGIN
    UPDATE tally SET number = number - 1 WHERE account = OLD.account AND kind = 'policy'; END;
CREATE TRIGGER instance_profile_made AFTER INSERT ON instance_profile BEGIN
    INSERT INTO tally VALUES (NEW.account, 'instance-profile', 1) ON CONFLICT DO UPDATE SET number = number + 1; END;
CREATE TRIGGER instance_profile_gone AFTER DELETE ON instance_profile BEGIN
    UPDATE tally SET number = number - 1 WHERE account = OLD.account AND kind = 'instance-profile'; END;

-- Which user or role a stored policy names, bound when the policy was saved (labkit.embedded.records.bindings).
-- holder is the ARN of the role (its trust policy), repository or function that the policy is attached to.
CREATE TABLE bound_principal (
    holder TEXT NOT NULL,
    entity TEXT NOT NULL,
    PRIMARY KEY (holder, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX bound_principal_entity ON bound_principal (entity);

-- Organizations ------------------------------------------------------------------------------------------------------

CREATE TABLE organization (
    id TEXT PRIMARY KEY,
    management TEXT NOT NULL UNIQUE REFERENCES account,
    feature_set TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;

-- Units of an organization; its root is the one without a parent.
CREATE TABLE unit (
    id TEXT PRIMARY KEY,
    organization TEXT NOT NULL REFERENCES organization ON UPDATE CASCADE,
    parent TEXT REFERENCES unit,
    name TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;
CREATE INDEX unit_parent ON unit (parent);
CREATE INDEX unit_organization ON unit (organization);

CREATE TABLE member (
    account TEXT PRIMARY KEY REFERENCES account,
    organization TEXT NOT NULL REFERENCES organization ON UPDATE CASCADE,
    parent TEXT NOT NULL REFERENCES unit,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    status TEXT NOT NULL,
    joined TEXT NOT NULL,
    joined_method TEXT NOT NULL CHECK (joined_method IN ('CREATED', 'INVITED'))
) STRICT;
CREATE INDEX member_parent ON member (parent);
CREATE INDEX member_organization ON member (organization);
CREATE INDEX member_email ON member (email COLLATE NOCASE);

CREATE TABLE policy_type (
    organization TEXT NOT NULL REFERENCES organization ON DELETE CASCADE ON UPDATE CASCADE,
    type TEXT NOT NULL,
    PRIMARY KEY (organization, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE organization_policy (
    organization TEXT NOT NULL REFERENCES organization ON DELETE CASCADE ON UPDATE CASCADE,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    content TEXT NOT NULL,
    aws_managed INTEGER NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, type, name)
) STRICT;

CREATE TABLE organization_attachment (
    organization TEXT NOT NULL,
    policy TEXT NOT NULL,
    target TEXT NOT NULL,         -- a root's, unit's or account's id
    PRIMARY KEY (target, policy, organization),
    FOREIGN KEY (organization, policy) REFERENCES organization_policy ON DELETE CASCADE ON UPDATE CASCADE
) STRICT;
CREATE INDEX organization_attachment_policy ON organization_attachment (organization, policy);

CREATE TABLE account_request (
    id TEXT PRIMARY KEY,
    organization TEXT NOT NULL REFERENCES organization ON DELETE CASCADE ON UPDATE CASCADE,
    account TEXT,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    failure TEXT,
    requested TEXT NOT NULL, completed TEXT
) STRICT;

-- ECR ----------------------------------------------------------------------------------------------------------------

CREATE TABLE repository (
    arn TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account, region TEXT NOT NULL, name TEXT NOT NULL,
    created TEXT NOT NULL,
    policy TEXT,
    mutability TEXT NOT NULL,
    exclusions TEXT NOT NULL,     -- JSON list of filters
    scan_on_push INTEGER NOT NULL,
    encryption TEXT NOT NULL,     -- JSON object
    lifecycle_policy TEXT,
    lifecycle_evaluated TEXT,     -- when that policy was last evaluated
    lifecycle_due TEXT,           -- when it is to be next
    replica_of TEXT,              -- ARN of the repository whose images came here by replication
    UNIQUE (account, region, name)
) STRICT;
CREATE INDEX repository_replica ON repository (replica_of) WHERE replica_of IS NOT NULL;
CREATE INDEX repository_lifecycle ON repository (lifecycle_due) WHERE lifecycle_due IS NOT NULL;

-- What a lifecycle policy would do: the last preview of each repository.
CREATE TABLE lifecycle_preview (
    repository TEXT PRIMARY KEY REFERENCES repository ON DELETE CASCADE,
    policy TEXT NOT NULL,
    results TEXT NOT NULL         -- JSON list
) STRICT, WITHOUT ROWID;

-- Images, in the order in which they were first pushed; lists show them in this order.
CREATE TABLE image (
    number INTEGER PRIMARY KEY,
    repository TEXT NOT NULL REFERENCES repository ON DELETE CASCADE,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,        -- bytes of its layers
    pushed TEXT NOT NULL,
    artifact TEXT,                -- media type of its configuration
    status TEXT NOT NULL DEFAULT 'ACTIVE',    -- ACTIVE, ARCHIVED or ACTIVATING
    archived TEXT,                -- when it was last archived
    activated TEXT,               -- when it was last restored, or will have been
    last_pulled TEXT,
    UNIQUE (repository, digest)
) STRICT;
CREATE INDEX image_repository ON image (repository, number);
CREATE INDEX image_digest ON image (digest);

-- What an image names: its configuration and layers, or (an index) other images. A table of its own, since who asks
-- whether anything still needs a blob or an image must not read every manifest.
CREATE TABLE image_part (
    image INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('blob', 'image')),
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_part_digest ON image_part (repository, digest);

CREATE TABLE image_tag (
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (repository, tag),
    FOREIGN KEY (repository, digest) REFERENCES image (repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX image_tag_image ON image_tag (repository, digest);

-- Which blobs can be fetched from a repository: those pushed to it, or mounted into it.
CREATE TABLE layer (
    repository TEXT NOT NULL REFERENCES repository ON DELETE CASCADE,
    digest TEXT NOT NULL,
    linked TEXT NOT NULL,         -- when it came, or somebody was last told that it is there
    used INTEGER NOT NULL,        -- whether an image of the repository names it
    PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX layer_digest ON layer (digest);
CREATE INDEX layer_unused ON layer (linked) WHERE used = 0;

-- Blobs that something has let go of: files to be deleted, unless something else needs them.
CREATE TABLE discarded_blob (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Passwords of registry logins, by the SHA-256 of each: the table cannot be used to log in.
CREATE TABLE login_token (
    fingerprint TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    arn TEXT NOT NULL,
    access_key TEXT NOT NULL,
    session TEXT,                 -- JSON object: the session that asked, without its secrets
    expires TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_token_expires ON login_token (expires);

-- What one account has in one region, whatever the repository. AWS has no ARN for a registry: this one names it here.
CREATE TABLE registry (
    arn TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account,
    region TEXT NOT NULL,
    policy TEXT,
    settings TEXT NOT NULL,       -- JSON object: account settings by name, those that were ever set
    UNIQUE (account, region)
) STRICT;

CREATE TABLE pull_through_rule (
    account TEXT NOT NULL REFERENCES account,
    region TEXT NOT NULL,
    prefix TEXT NOT NULL,
    upstream TEXT NOT NULL,       -- JSON object, in the names of ECR's API
    created TEXT NOT NULL,
    PRIMARY KEY (account, region, prefix)
) STRICT, WITHOUT ROWID;

-- Lambda -------------------------------------------------------------------------------------------------------------

-- Functions; every published version is a row of its own beside that of $LATEST.
CREATE TABLE function (
    arn TEXT NOT NULL,            -- without a qualifier
    version TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account, region TEXT NOT NULL, name TEXT NOT NULL,
    role TEXT NOT NULL,
    image_uri TEXT NOT NULL,
    resolved_uri TEXT NOT NULL,
    digest TEXT NOT NULL,         -- of the image that it is configured with
    blobs TEXT NOT NULL,          -- JSON list: what it takes to make that image ready
    ready TEXT,                   -- digest of the image that answers now
    running TEXT NOT NULL,        -- JSON list: what containers of that image are made from
    options TEXT NOT NULL,        -- JSON object, in the names of Lambda's API
    modified TEXT NOT NULL,
    revision TEXT NOT NULL,
    state TEXT NOT NULL, state_code TEXT, state_reason TEXT,
    last_update TEXT, last_update_code TEXT, last_update_reason TEXT,
    policy TEXT,
    published TEXT,               -- of $LATEST: the version that is the same as it, if nothing has changed since
    concurrency INTEGER,          -- of $LATEST: reserved
    ready_after TEXT,             -- not ready before this moment
    last_invoked TEXT,            -- to the hour
    serving TEXT,                 -- JSON object: role and options that invocations use until an update has succeeded
    fetch INTEGER NOT NULL DEFAULT 0,         -- whether its image is to be fetched anew, and may be refused then
    PRIMARY KEY (arn, version)
) STRICT;
CREATE UNIQUE INDEX function_name ON function (account, region, name, version);
CREATE INDEX function_digest ON function (digest);
CREATE INDEX function_ready ON function (ready);
CREATE INDEX function_unsettled ON function (arn) WHERE state = 'Pending' OR last_update = 'InProgress';
CREATE INDEX function_waiting ON function (ready_after) WHERE ready_after IS NOT NULL;
CREATE INDEX function_idle ON function (max(modified, coalesce(last_invoked, modified))) WHERE state = 'Active';

-- The highest version of a function ever published. It outlives the function: no number is given twice.
CREATE TABLE function_number (arn TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE function_alias (
    arn TEXT NOT NULL,            -- of the function
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    revision TEXT NOT NULL,
    policy TEXT,
    weights TEXT NOT NULL DEFAULT '{}',       -- JSON object: version to its share of invocations, 0 to 1
    PRIMARY KEY (arn, name)
) STRICT, WITHOUT ROWID;

-- VPC endpoints that an account's own calls to a service go through, with the policy of each.
CREATE TABLE vpc_endpoint (
    account TEXT NOT NULL REFERENCES account,
    service TEXT NOT NULL,
    policy TEXT NOT NULL,
    vpce TEXT,                    -- its id, and that of its VPC, where they are told
    vpc TEXT,
    PRIMARY KEY (account, service)
) STRICT, WITHOUT ROWID;

-- What is kept besides ------------------------------------------------------------------------------------------------

-- What was called, by whom, and how it was decided, in the form of CloudTrail's records.
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, operation TEXT NOT NULL,
    moment TEXT NOT NULL,
    record TEXT NOT NULL,         -- JSON object
    category TEXT NOT NULL DEFAULT 'Management',    -- or Data
    read_only INTEGER NOT NULL DEFAULT 0,
    username TEXT,
    access_key TEXT,
    resource TEXT,                -- what was authorized: an ARN, or *
    reason TEXT                   -- how the engine explains the decision
) STRICT;
CREATE INDEX event_moment ON event (account, region, moment);

CREATE TABLE event_resource (
    event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (event, type, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_resource_name ON event_resource (name);

-- What policies were before a change, for as long as that decides (labkit.embedded.request.propagation). holder is an
-- ARN, or that of a role behind "trust "; before is its text, or null where there was none.
CREATE TABLE superseded (
    number INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    changed TEXT NOT NULL,
    before TEXT
) STRICT;
CREATE INDEX superseded_holder ON superseded (holder, number);

-- Rows that could not be read, each as it was, with the reason.
CREATE TABLE set_aside (
    source TEXT NOT NULL,         -- the table that it comes from
    content TEXT NOT NULL,        -- JSON object
    reason TEXT NOT NULL,
    moment TEXT NOT NULL
) STRICT;
