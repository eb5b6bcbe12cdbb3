//! What a kiosk and central say to each other: records, their chain, acknowledgements, topics.
