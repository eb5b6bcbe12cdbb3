-- Version 3: commands to kiosks, as they were signed, and what came of each.

-- outcome is the JSON of what the kiosk told; NULL where it has told nothing yet.
CREATE TABLE commands (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    number BIGINT NOT NULL,
    request TEXT NOT NULL,
    kind TEXT NOT NULL,
    command BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    issued_at_ms BIGINT NOT NULL,
    outcome TEXT,
    outcome_at_ms BIGINT,
    PRIMARY KEY (kiosk, number),
    UNIQUE (kiosk, request)
);
