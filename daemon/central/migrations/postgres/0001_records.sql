-- Version 1: each kiosk's log once, the keys of its sessions, its evidence, and what it last said of itself.

-- durable and head are the end of the verified chain: a batch must continue exactly there.
CREATE TABLE kiosks (
    kiosk TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    durable BIGINT NOT NULL,
    head BYTEA NOT NULL
);

CREATE TABLE records (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    session TEXT NOT NULL,
    previous BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (kiosk, number)
);

CREATE TABLE session_keys (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    session TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (kiosk, session)
);

CREATE TABLE evidence (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    sha256 TEXT NOT NULL,
    session TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (kiosk, sha256)
);

-- From MQTT: hints for those who watch. NULL where nothing has been heard.
CREATE TABLE kiosk_status (
    tenant TEXT NOT NULL,
    kiosk TEXT NOT NULL,
    online BIGINT,
    online_heard_at_ms BIGINT,
    event_type TEXT,
    event_heard_at_ms BIGINT,
    PRIMARY KEY (tenant, kiosk)
);
