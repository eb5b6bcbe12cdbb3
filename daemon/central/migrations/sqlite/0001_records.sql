-- Version 1: each kiosk's log once, the keys of its sessions, its evidence, and what it last said of itself.

-- durable and head are the end of the verified chain: a batch must continue exactly there.
CREATE TABLE kiosks (
    kiosk TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    durable INTEGER NOT NULL,
    head BLOB NOT NULL
);

CREATE TABLE records (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    session TEXT NOT NULL,
    previous BLOB NOT NULL,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, number)
);

CREATE TABLE session_keys (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    session TEXT NOT NULL,
    sealed BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, session)
);

CREATE TABLE evidence (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    sha256 TEXT NOT NULL,
    session TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, sha256)
);

-- From MQTT: hints for those who watch. NULL where nothing has been heard.
CREATE TABLE kiosk_status (
    tenant TEXT NOT NULL,
    kiosk TEXT NOT NULL,
    online INTEGER,
    online_heard_at_ms INTEGER,
    event_type TEXT,
    event_heard_at_ms INTEGER,
    PRIMARY KEY (tenant, kiosk)
);
