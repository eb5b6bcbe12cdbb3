//! `kioskctl screen`: what the watch lists say of a name.
//!
//! This prints names, listed ones and the asked one: it is its purpose, on standard output only.

use std::path::{Path, PathBuf};

use clap::Args;
use kiosk_screening::entry::country_code;
use kiosk_screening::evidence::Person;
use kiosk_screening::names::Kind;
use kiosk_screening::{Answer, Exception, Exceptions, Query, Screener, person_key};
use serde::Serialize;
use time::Date;
use time::macros::format_description;

use super::Failed;
use super::output::Output;
use super::readers::PolicyFiles;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Screening};

/// Names folders and files with lists where no option does: several parted by `:`.
const LISTS: &str = "KIOSK_LISTS";

/// Asks watch lists for a name.
#[derive(Debug, Args)]
pub struct Screen {
    /// The name, in any script and order.
    #[arg(long)]
    name: String,
    /// Date of birth, YYYY-MM-DD.
    #[arg(long)]
    birth_date: Option<String>,
    /// Country of nationality or residence: ISO 3166-1 code, or its name.
    #[arg(long)]
    country: Option<String>,
    /// What bears the name: person, organisation or vessel; all are asked where it is left out.
    #[arg(long)]
    kind: Option<String>,
    /// A list, or a folder of lists; may be given several times.
    #[arg(long)]
    lists: Vec<PathBuf>,
    /// kioskd's config, whose [screening] names lists and exceptions.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The file with the exceptions.
    #[arg(long)]
    exceptions: Option<PathBuf>,
    /// Keeps an exception: this person is not the entry of this id. Needs --user and --note.
    #[arg(long, requires = "user", requires = "note")]
    accept: Option<String>,
    /// Who accepts the exception.
    #[arg(long)]
    user: Option<String>,
    /// Why.
    #[arg(long)]
    note: Option<String>,
    /// What decides: its [screening] says from which score on an entry is a hit.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    birth_date: Option<String>,
    country: Option<&'a str>,
    #[serde(flatten)]
    answer: &'a Answer,
    /// No hit but excepted ones.
    clear: bool,
}

/// Runs the command.
pub fn run(args: &Screen) -> Result<(), Failed> {
    let query = query(args)?;
    let policy = args.policy.read()?;
    let given = sources(args)?;
    let screener = Screener::new();
    screener
        .reload(&given.lists)
        .map_err(|error| Failed::Usage(with_remedy(&error)))?;
    let mut exceptions = match &given.exceptions {
        Some(file) => Exceptions::read(file).map_err(Failed::usage)?,
        None => Exceptions::default(),
    };
    if let Some(entry) = &args.accept {
        accept(
            args,
            entry,
            &query,
            &screener,
            &mut exceptions,
            given.exceptions.as_deref(),
        )?;
    }
    screener.except(exceptions);
    let answer = screener
        .screen(&query, policy.screening.review_from)
        .ok_or_else(|| Failed::Usage("no watch list is loaded; name one by --lists".to_owned()))?;
    print(args.json, &query, &answer)
}

fn with_remedy(error: &impl std::fmt::Display) -> String {
    format!(
        "{error}\nname lists by --lists FILE_OR_FOLDER, by --config FILE with [screening] lists, or in {LISTS}"
    )
}

fn query(args: &Screen) -> Result<Query, Failed> {
    if !args.name.chars().any(char::is_alphanumeric) {
        return Err(Failed::Usage(
            "--name has no letter; give the name as its document writes it".to_owned(),
        ));
    }
    let form = format_description!("[year]-[month]-[day]");
    let date = |text: &String| {
        Date::parse(text, &form)
            .map_err(|_| Failed::Usage("--birth-date is no date; write it YYYY-MM-DD".to_owned()))
    };
    let country = |text: &String| {
        country_code(text).ok_or_else(|| {
            Failed::Usage(
                "--country is not known; give its ISO 3166-1 code, e.g. FR or FRA".to_owned(),
            )
        })
    };
    let kind = match args.kind.as_deref() {
        None => Kind::Unknown,
        Some("person") => Kind::Person,
        Some("organisation") => Kind::Organisation,
        Some("vessel") => Kind::Vessel,
        Some(_) => {
            return Err(Failed::Usage(
                "--kind is one of person, organisation and vessel".to_owned(),
            ));
        }
    };
    Ok(Query {
        name: args.name.clone(),
        kind,
        person: Person {
            birth_date: args.birth_date.as_ref().map(date).transpose()?,
            country: args.country.as_ref().map(country).transpose()?,
        },
    })
}

/// Lists by option, by config, or by the environment, in this order.
fn sources(args: &Screen) -> Result<Screening, Failed> {
    let mut given = match &args.config {
        Some(file) => {
            let config = Config::read(file).map_err(|faults| {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Failed::Usage(faults.join("\n"))
            })?;
            config.screening
        }
        None => Screening::default(),
    };
    if !args.lists.is_empty() {
        given.lists.clone_from(&args.lists);
    }
    if given.lists.is_empty()
        && let Some(paths) = std::env::var_os(LISTS)
    {
        given.lists = std::env::split_paths(&paths).collect();
    }
    if let Some(file) = &args.exceptions {
        given.exceptions = Some(file.clone());
    }
    Ok(given)
}

fn accept(
    args: &Screen,
    entry: &str,
    query: &Query,
    screener: &Screener,
    exceptions: &mut Exceptions,
    file: Option<&Path>,
) -> Result<(), Failed> {
    let file = file.ok_or_else(|| {
        Failed::Usage("--accept needs a file to keep it in; name one by --exceptions".to_owned())
    })?;
    let known = screener
        .index()
        .is_some_and(|index| index.entries().iter().any(|listed| listed.id == entry));
    if !known {
        return Err(Failed::Usage(
            "--accept names no entry of the lists; give a hit's `entry`".to_owned(),
        ));
    }
    let exception = Exception {
        person: person_key(&query.name, query.person.birth_date),
        entry: entry.to_owned(),
        time: SystemClock.now(),
        user: args.user.clone().unwrap_or_default(),
        note: args.note.clone().unwrap_or_default(),
    };
    exceptions.add(exception).map_err(Failed::usage)?;
    exceptions.write(file).map_err(Failed::work)
}

fn print(json: bool, query: &Query, answer: &Answer) -> Result<(), Failed> {
    let mut output = Output::new();
    if json {
        return output.json(&Told {
            name: &query.name,
            birth_date: query.person.birth_date.map(|date| date.to_string()),
            country: query.person.country.as_deref(),
            answer,
            clear: answer.is_clear(),
        });
    }
    for hit in &answer.hits {
        let excepted = if hit.exception.is_some() {
            ", excepted"
        } else {
            ""
        };
        output.line(&format!(
            "{:>6.2}  {}  {} (OFAC's own search: {}){excepted}",
            hit.score, hit.entry, hit.name, hit.ofac_score
        ))?;
    }
    output.line(&format!(
        "{} hits from {} on, in {} lists",
        answer.hits.len(),
        answer.threshold,
        answer.lists.len()
    ))
}
