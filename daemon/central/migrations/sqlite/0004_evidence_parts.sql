-- Version 4: evidence that is not whole yet. A row says that the part's bytes are durable.

CREATE TABLE evidence_parts (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    sha256 TEXT NOT NULL,
    start INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, sha256, start)
);
