-- Version 4: evidence that is not whole yet. A row says that the part's bytes are durable.

CREATE TABLE evidence_parts (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    sha256 TEXT NOT NULL,
    start BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (kiosk, sha256, start)
);
