//! From the outbox to central and back: records by HTTPS, live events by MQTT.
