//! The other end of sync: receives kiosks' records, checks them and keeps each once.
