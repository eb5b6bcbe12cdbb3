//! `cargo xtask bench screening`: how long watch lists take to answer, whom they hit by mistake, and what the index misses.
//!
//! One thread. Asked are ordinary people's names (drawn: `ordinary`), and listed names with a letter changed.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures time and prints it"
)]

mod ordinary;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use kiosk_screening::index::{Asked, Index};
use kiosk_screening::lists::load;
use kiosk_screening::names::Kind;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// What to measure.
#[derive(Debug, Parser)]
struct Arguments {
    /// Lists, or folders of them.
    #[arg(long, required = true)]
    lists: Vec<PathBuf>,
    /// Ordinary names that are asked for.
    #[arg(long, default_value_t = 10_000)]
    ordinary: usize,
    /// Listed names, with a letter changed, that are asked for.
    #[arg(long, default_value_t = 2_000)]
    listed: usize,
    /// Names of each kind for which every listed name is compared, to see what the index misses.
    #[arg(long, default_value_t = 500)]
    full: usize,
    /// What the names are drawn by.
    #[arg(long, default_value_t = 3_310_907)]
    seed: u64,
    /// The threshold of the shipped policy.
    #[arg(long, default_value_t = 65.0)]
    threshold: f32,
    /// Prints each hit of an ordinary name among persons, with what met what.
    #[arg(long)]
    show: bool,
    /// The same among entries of every kind.
    #[arg(long)]
    show_all: bool,
    /// Where the page goes.
    #[arg(long)]
    page: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let index = Index::new(load(&arguments.lists)?);
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let ordinary: Vec<String> = (0..arguments.ordinary)
        .map(|_| ordinary::draw(&mut random).name)
        .collect();
    let people: Vec<&str> = index
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Person)
        .flat_map(|entry| entry.names.iter().map(|name| name.text.as_str()))
        .filter(|name| name.split_whitespace().count() > 1)
        .collect();
    let listed: Vec<String> = (0..arguments.listed)
        .filter_map(|_| people.choose(&mut random).copied())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|name| changed(name, &mut random))
        .collect();
    let least = arguments.threshold;
    if arguments.show {
        show(&index, &ordinary, Kind::Person, least);
    }
    if arguments.show_all {
        show(&index, &ordinary, Kind::Unknown, least);
    }
    let asked = [
        (
            "ordinary people",
            ask(&index, &ordinary, Kind::Person, least, arguments.full),
        ),
        (
            "listed people, one letter changed",
            ask(&index, &listed, Kind::Person, least, arguments.full),
        ),
        (
            "ordinary people, among entries of every kind",
            ask(&index, &ordinary, Kind::Unknown, least, 0),
        ),
    ];
    let page = page(&arguments, &index, load_ms, &asked)?;
    print!("{page}");
    if let Some(file) = &arguments.page {
        std::fs::write(file, page).with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(())
}

/// The hits of ordinary names, best first: what kind they are of.
fn show(index: &Index, names: &[String], kind: Kind, threshold: f32) {
    for name in names {
        for met in index.search(&Asked::new(name), kind, threshold) {
            let tokens: Vec<String> = met
                .comparison
                .tokens
                .iter()
                .map(|pair| {
                    format!(
                        "{}={} {:?} {:.2} w{:.2}",
                        pair.query, pair.entry, pair.how, pair.similarity, pair.weight
                    )
                })
                .collect();
            println!(
                "{:.1} {name} | {:?} {} | {:?} | {} | asked left {:?} | listed left {:?}",
                met.comparison.score,
                met.entry.kind,
                met.name,
                met.standing,
                tokens.join(", "),
                met.comparison.unmatched_query,
                met.comparison.unmatched_entry
            );
        }
    }
}

/// One letter of a name put in another's place.
fn changed(name: &str, random: &mut impl Rng) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let places: Vec<usize> = (0..letters.len())
        .filter(|place| letters[*place].is_alphabetic())
        .collect();
    if let Some(place) = places.choose(random) {
        letters[*place] = char::from(random.random_range(b'A'..=b'Z'));
    }
    letters.into_iter().collect()
}

/// What asking gave.
struct Asking {
    ms: Vec<f64>,
    hits: usize,
    /// Names of which the best hit is the same name, all parts of it.
    namesakes: usize,
    /// Entries that comparing with every name hits, and those of them that the index missed.
    full: usize,
    missed: usize,
    /// Names for which every listed name was compared.
    compared: usize,
}

fn ask(index: &Index, names: &[String], kind: Kind, threshold: f32, full: usize) -> Asking {
    let mut asking = Asking {
        ms: Vec::new(),
        hits: 0,
        namesakes: 0,
        full: 0,
        missed: 0,
        compared: full.min(names.len()),
    };
    for (number, name) in names.iter().enumerate() {
        let begun = Instant::now();
        let asked = Asked::new(name);
        let met = index.search(&asked, kind, threshold);
        asking.ms.push(begun.elapsed().as_secs_f64() * 1e3);
        asking.hits += usize::from(!met.is_empty());
        let is_same = met.first().is_some_and(|met| met.comparison.score >= 100.0);
        asking.namesakes += usize::from(is_same);
        if number < full {
            for other in index.search_all(&asked, kind, threshold) {
                asking.full += 1;
                asking.missed += usize::from(!met.iter().any(|met| met.entry.id == other.entry.id));
            }
        }
    }
    asking.ms.sort_by(f64::total_cmp);
    asking
}

fn page(
    arguments: &Arguments,
    index: &Index,
    load_ms: f64,
    asked: &[(&str, Asking)],
) -> Result<String> {
    let mut page = String::new();
    writeln!(
        page,
        "# Screening\n\n`cargo xtask bench screening --lists FOLDER`, optimised, one thread. Entries of persons are searched, but where another thing is said, at the shipped policy's threshold of {}. Seed {}.\n",
        arguments.threshold, arguments.seed
    )?;
    writeln!(
        page,
        "{} names and aliases of {} entries; read and indexed in {load_ms:.0} ms.\n",
        index.names(),
        index.entries().len()
    )?;
    writeln!(
        page,
        "| asked | names | p50 ms | p99 ms | longest ms | with a hit | of them by the whole name | hits by comparing with every name | of them missed by the index |"
    )?;
    writeln!(page, "|---|---|---|---|---|---|---|---|---|")?;
    for (what, asking) in asked {
        let count = asking.ms.len();
        let at = |share: f64| {
            asking
                .ms
                .get(((share * count as f64).ceil() as usize).saturating_sub(1))
                .copied()
                .unwrap_or(f64::NAN)
        };
        let share = 100.0 * asking.hits as f64 / count.max(1) as f64;
        writeln!(
            page,
            "| {what} | {count} | {:.2} | {:.2} | {:.2} | {share:.2}% | {} | {} (of {} names) | {} |",
            at(0.5),
            at(0.99),
            at(1.0),
            asking.namesakes,
            asking.full,
            asking.compared,
            asking.missed
        )?;
    }
    writeln!(
        page,
        "\nA hit on an ordinary name is a false alarm or a namesake: nobody is behind these names. Date of birth and country, which a document gives, are not used here."
    )?;
    Ok(page)
}
