//! The log: `tracing` lines to standard error, as text or JSON, filtered. What must not be in it never
//! reaches it: personal values are `Redacted`, and spans and events carry names and numbers only.

use std::io::IsTerminal;

use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Log, LogFormat};

/// Overrides the config's filter, as everywhere in Rust.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// The log could not be started.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter is not one.
    #[error(
        "the log's filter can't be read: {0}; write it as `info,kiosk_sync=debug` in [log] or RUST_LOG"
    )]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something in this process has set one up before.
    #[error("the log is set up already; start it once")]
    SetUpBefore(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Starts the log of this process, to standard error.
pub fn init(log: &Log) -> Result<(), LogError> {
    let filter = std::env::var(FILTER_VARIABLE).unwrap_or_else(|_| log.filter.clone());
    let colours = std::io::stderr().is_terminal();
    let subscriber = subscriber(log.format, &filter, colours, std::io::stderr)?;
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

/// The same log to any writer.
pub fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(colours).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    Ok(Registry::default().with(filter).with(lines))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, filter: &str) -> String {
        let page = Page::default();
        let to = page.clone();
        let subscriber = subscriber(format, filter, false, move || to.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(session = "a1", "a document was read");
            tracing::debug!("a detail");
        });
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_text_line_has_its_level_its_words_and_its_fields() {
        let line = written(LogFormat::Text, "info");
        assert!(
            line.contains("INFO") && line.contains("a document was read session=\"a1\""),
            "{line}"
        );
        assert!(!line.contains("a detail"));
    }

    #[test]
    fn a_json_line_is_one_object() {
        let line = written(LogFormat::Json, "info");
        let object: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
        assert_eq!(object["message"], "a document was read");
        assert_eq!(object["session"], "a1");
    }

    #[test]
    fn the_filter_lets_details_through_when_asked() {
        assert!(written(LogFormat::Text, "debug").contains("a detail"));
        assert_eq!(written(LogFormat::Text, "off"), "");
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(subscriber(LogFormat::Text, "==", false, std::io::sink).is_err());
    }
}
