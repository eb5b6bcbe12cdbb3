-- Version 5: sessions that their kiosk has erased, and what is left of them.

-- One row a session: the record that said so, for what (asked, wiped, overdue) and when by the kiosk's clock. Where
-- somebody asked for it, nothing of the session is held any more but its place in the chain.
CREATE TABLE erasures (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    session TEXT NOT NULL,
    number INTEGER NOT NULL,
    why TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, session)
);

-- The SHA-256 of what was sealed, over which the chain runs, where the content was erased; sealed is empty then.
ALTER TABLE records ADD COLUMN digest BLOB;

-- Whose part it is, so that it goes with its session; NULL for parts that an older central took.
ALTER TABLE evidence_parts ADD COLUMN session TEXT;

-- Pieces whose bytes have still to go: the row goes after them.
CREATE TABLE evidence_to_remove (
    kiosk TEXT NOT NULL REFERENCES kiosks (kiosk),
    sha256 TEXT NOT NULL,
    PRIMARY KEY (kiosk, sha256)
);
