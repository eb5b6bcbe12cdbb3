//! The log on disk: sealed, chained, durable before anyone is told.
