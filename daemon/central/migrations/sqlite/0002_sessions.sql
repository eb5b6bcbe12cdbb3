-- Version 2: a session is found, listed and read without walking its kiosk's whole chain.

CREATE INDEX records_of_session ON records (kiosk, session, number);

-- One row a session: its first and newest number, how many records there are, and when the newest came.
CREATE TABLE sessions (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    session TEXT NOT NULL,
    first INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    records INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, session)
);

CREATE INDEX sessions_by_newest ON sessions (kiosk, newest);
CREATE INDEX evidence_of_session ON evidence (kiosk, session);

INSERT INTO sessions (kiosk, session, first, newest, records, received_at_ms)
SELECT kiosk, session, MIN(number), MAX(number), COUNT(*), MAX(received_at_ms)
FROM records GROUP BY kiosk, session;
