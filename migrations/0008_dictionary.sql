-- The event dictionary: which events come, what they carry, and what is to become of some names. Reference tables of bounded size.

-- One row a name of a track call; the other kinds of calls have one row each, as has ("other") what came under names beyond those kept.
CREATE TABLE event_names (
    name_id     BIGINT  NOT NULL, -- made of kind and name
    kind        {{key}} NOT NULL, -- track | page | screen | identify | group | alias | other
    name        {{key}} NOT NULL,
    fold        {{key}} NOT NULL, -- without case, blanks and their likes: equal for names that are probably one
    events      BIGINT  NOT NULL, -- that were applied since first_at
    first_at    BIGINT  NOT NULL, -- received; 0: not yet
    last_at     BIGINT  NOT NULL,
    overflow    BOOLEAN NOT NULL, -- has more properties than are kept
    expected    {{key}} NOT NULL, -- expected | unexpected; empty: nobody said
    description TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    CONSTRAINT event_names_pk PRIMARY KEY (name_id)
);

-- How many events of a name came through a source on a day, by receipt, in the reporting zone.
CREATE TABLE event_days (
    name_id   BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    events    BIGINT NOT NULL,
    CONSTRAINT event_days_pk PRIMARY KEY (name_id, day, source_id)
){{clustered}};

-- One row for each type in which a property came; two of them other than null are a conflict.
CREATE TABLE event_properties (
    name_id  BIGINT  NOT NULL,
    property {{key}} NOT NULL,
    type     {{key}} NOT NULL, -- text | number | boolean | object | list | null
    first_at BIGINT  NOT NULL,
    last_at  BIGINT  NOT NULL, -- to the hour
    CONSTRAINT event_properties_pk PRIMARY KEY (name_id, property, type)
){{clustered}};

-- What becomes of a name, by the time of receipt. Rows stay when a rule ends, so that the warehouse can be made again from the journal.
CREATE TABLE event_rules (
    rule_id  BIGINT  NOT NULL,
    name     {{key}} NOT NULL,
    action   {{key}} NOT NULL, -- block | rename
    target   {{key}} NOT NULL, -- of a rename
    from_at  BIGINT  NOT NULL,
    until_at BIGINT  NOT NULL, -- 0: stands
    made_by  TEXT    NOT NULL,
    CONSTRAINT event_rules_pk PRIMARY KEY (rule_id)
);

-- Where a refused event stands in the journal, so that it can be sent again; 0 for those refused before there was a way.
ALTER TABLE refused_events ADD COLUMN event_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refused_events ADD COLUMN outcome {{key}} NOT NULL DEFAULT ''; -- of sending it again: applied | duplicate; empty: stands refused
ALTER TABLE refused_events ADD COLUMN settled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX refused_events_event ON refused_events (event_id);
CREATE INDEX refused_events_code ON refused_events (code, at, refused_id);
