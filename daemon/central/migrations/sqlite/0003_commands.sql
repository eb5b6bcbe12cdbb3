-- Version 3: commands to kiosks, as they were signed, and what came of each.

-- outcome is the JSON of what the kiosk told; NULL where it has told nothing yet.
CREATE TABLE commands (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    number INTEGER NOT NULL,
    request TEXT NOT NULL,
    kind TEXT NOT NULL,
    command BLOB NOT NULL,
    signature BLOB NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    outcome TEXT,
    outcome_at_ms INTEGER,
    PRIMARY KEY (kiosk, number),
    UNIQUE (kiosk, request)
);
