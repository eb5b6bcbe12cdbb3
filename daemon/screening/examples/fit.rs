//! Fits the weights of the score to labelled pairs, and says how well they hold on pairs that they were not fitted on.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a tool for whoever tunes the score"
)]

use kiosk_screening::compare::align::align;
use kiosk_screening::compare::features::is_thin;
use kiosk_screening::compare::features::{COUNT, Features, NAMES, features};
use kiosk_screening::compare::{THIN, model, score_of};
use kiosk_screening::names::{Kind, Name};

struct Row {
    x: Features,
    y: bool,
    group: usize,
    text: String,
    same: bool,
    thin: bool,
}

fn kind(schema: &str) -> Kind {
    match schema {
        "Person" => Kind::Person,
        "Company" | "Organization" => Kind::Organisation,
        "Vessel" => Kind::Vessel,
        _ => Kind::Unknown,
    }
}

fn read(path: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    for (number, record) in reader.records().enumerate() {
        let r = record.unwrap();
        let kind = kind(&r[1]);
        let (a, b) = (Name::new(&r[2], kind), Name::new(&r[3], kind));
        let aligned = align(&a, &b);
        let x = features(&a, &b, &aligned, kind);
        let thin = is_thin(&aligned, kind);
        // Pairs of one name stay on one side.
        let group = r[3]
            .bytes()
            .fold(7usize, |h, b| h.wrapping_mul(31).wrapping_add(b as usize));
        let same = score_of(&a, &b, kind) == 100.0;
        let _ = number;
        rows.push(Row {
            x,
            y: &r[4] == "true",
            group,
            text: format!("{} | {}", &r[2], &r[3]),
            same,
            thin,
        });
    }
    rows
}

fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let p = (i..n)
            .max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs()))
            .unwrap();
        a.swap(i, p);
        b.swap(i, p);
        for r in i + 1..n {
            let f = a[r][i] / a[i][i];
            for c in i..n {
                let v = a[i][c];
                a[r][c] -= f * v;
            }
            b[r] -= f * b[i];
        }
    }
    let mut x = vec![0.0; n];
    for i in (0..n).rev() {
        x[i] = (b[i] - (i + 1..n).map(|c| a[i][c] * x[c]).sum::<f64>()) / a[i][i];
    }
    x
}

fn fit(rows: &[&Row]) -> [f32; COUNT + 1] {
    const RIDGE: f64 = 1.0;
    let n = COUNT + 1;
    let mut w = vec![0.0; n];
    for _ in 0..30 {
        let mut h = vec![vec![0.0; n]; n];
        let mut g = vec![0.0; n];
        for r in rows {
            let x: Vec<f64> = std::iter::once(1.0)
                .chain(r.x.iter().map(|v| f64::from(*v)))
                .collect();
            let z: f64 = x.iter().zip(&w).map(|(a, b)| a * b).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            let e = f64::from(u8::from(r.y)) - p;
            let v = p * (1.0 - p);
            for i in 0..n {
                g[i] += e * x[i];
                for j in 0..n {
                    h[i][j] += v * x[i] * x[j];
                }
            }
        }
        for i in 1..n {
            g[i] -= RIDGE * w[i];
            h[i][i] += RIDGE;
        }
        h[0][0] += 1e-6;
        let d = solve(h, g);
        for i in 0..n {
            w[i] += d[i];
        }
    }
    let mut out = [0.0; COUNT + 1];
    for i in 0..n {
        out[i] = w[i] as f32;
    }
    out
}

fn f1(rows: &[(f32, bool)], t: f32) -> (f64, f64, f64) {
    let tp = rows.iter().filter(|(s, y)| *s >= t && *y).count() as f64;
    let fp = rows.iter().filter(|(s, y)| *s >= t && !*y).count() as f64;
    let f_n = rows.iter().filter(|(s, y)| *s < t && *y).count() as f64;
    (
        tp / (tp + fp),
        tp / (tp + f_n),
        2.0 * tp / (2.0 * tp + fp + f_n),
    )
}

fn main() {
    let path = std::env::args().nth(1).expect("the file with the pairs");
    let rows = read(&path);
    let score = |w: &[f32; COUNT + 1], r: &Row| {
        if r.same {
            1.0
        } else {
            model::likelihood_by(w, &r.x) * if r.thin { THIN } else { 1.0 }
        }
    };
    let folds = 5;
    for seed in 0..3usize {
        let mut held = Vec::new();
        for fold in 0..folds {
            let of =
                |r: &Row| (r.group.wrapping_mul(2654435761).wrapping_add(seed * 97) >> 7) % folds;
            let train: Vec<&Row> = rows
                .iter()
                .filter(|r| of(r) != fold && !r.same && !r.thin)
                .collect();
            let w = fit(&train);
            held.extend(
                rows.iter()
                    .filter(|r| of(r) == fold)
                    .map(|r| (score(&w, r), r.y)),
            );
        }
        for t in [0.5, 0.6, 0.7, 0.75, 0.8] {
            print!("cv seed {seed} t {t}: {:.3?}  ", f1(&held, t));
        }
        println!();
    }
    let all: Vec<&Row> = rows.iter().filter(|r| !r.same && !r.thin).collect();
    let w = fit(&all);
    let own: Vec<(f32, bool)> = rows.iter().map(|r| (score(&w, r), r.y)).collect();
    for t in [0.5, 0.6, 0.7, 0.75, 0.8] {
        print!("all t {t}: {:.3?}  ", f1(&own, t));
    }
    println!();
    println!("constant {:.3}", w[0]);
    for (n, v) in NAMES.iter().zip(&w[1..]) {
        println!("{n} {v:.3}");
    }
    let now: Vec<(f32, bool)> = rows
        .iter()
        .map(|r| (score(&model::WEIGHTS, r), r.y))
        .collect();
    for t in [0.5, 0.6, 0.7] {
        print!("now t {t}: {:.3?}  ", f1(&now, t));
    }
    println!();
    if std::env::args().nth(2).is_some() {
        for r in &rows {
            let s = score(&w, r);
            if (s >= 0.5) != r.y {
                println!(
                    "{} {s:.2} {} {:.2?}",
                    if r.y { "MISS " } else { "FALSE" },
                    r.text,
                    r.x
                );
            }
        }
    }
}
