//! The pairs that are compared: a CSV with the columns `file_x`, `file_y` and `Decision`.

use std::path::Path;

use csv::StringRecord;

use super::super::super::Failed;

/// Columns that the file has to have, in any order and whatever the case; others are left alone.
const COLUMNS: [&str; 3] = ["file_x", "file_y", "decision"];
/// Lines told of at most when several are wrong.
const MOST_TOLD: usize = 10;

/// Two pictures, and whether they show one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub file_x: String,
    pub file_y: String,
    pub same: bool,
}

/// Every pair of the file, in its order; or all of its faults.
pub(super) fn read(path: &Path) -> Result<Vec<Pair>, Failed> {
    let file = std::fs::File::open(path).map_err(|error| {
        Failed::Usage(format!(
            "{} can't be read ({error}); name a CSV file with the columns file_x, file_y, Decision",
            path.display()
        ))
    })?;
    parse(file).map_err(|faults| {
        let told: Vec<String> = faults
            .iter()
            .take(MOST_TOLD)
            .map(|fault| format!("{}: {fault}", path.display()))
            .chain(
                (faults.len() > MOST_TOLD)
                    .then(|| format!("and {} more", faults.len() - MOST_TOLD)),
            )
            .collect();
        Failed::Usage(told.join("\n"))
    })
}

fn parse(text: impl std::io::Read) -> Result<Vec<Pair>, Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text);
    let columns = reader
        .headers()
        .map_err(|error| vec![format!("can't be read: {error}; save it as UTF-8 CSV")])
        .and_then(columns)?;
    let (mut pairs, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record.map_err(|error| error.to_string()) {
            Ok(record) => match pair(&record, columns) {
                Ok(pair) => pairs.push(pair),
                Err(fault) => faults.push(fault),
            },
            Err(fault) => {
                faults.push(fault);
                break;
            }
        }
    }
    if faults.is_empty() {
        Ok(pairs)
    } else {
        Err(faults)
    }
}

/// Where each of [`COLUMNS`] stands.
fn columns(header: &StringRecord) -> Result<[usize; 3], Vec<String>> {
    let place = |name: &str| {
        header.iter().position(|column| {
            column
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let places = COLUMNS.map(place);
    if let [Some(x), Some(y), Some(same)] = places {
        return Ok([x, y, same]);
    }
    let missing = COLUMNS
        .iter()
        .zip(places)
        .filter(|(_, place)| place.is_none());
    Err(missing
        .map(|(name, _)| {
            format!("has no column {name}; its first line has to name file_x, file_y, Decision")
        })
        .collect())
}

fn pair(record: &StringRecord, [x, y, same]: [usize; 3]) -> Result<Pair, String> {
    let line = record.position().map_or(0, csv::Position::line);
    let field = |place: usize| record.get(place).unwrap_or_default();
    let same = match field(same) {
        yes if yes.eq_ignore_ascii_case("yes") => true,
        no if no.eq_ignore_ascii_case("no") => false,
        _ => {
            return Err(format!(
                "line {line}: Decision is neither Yes nor No; write one of them"
            ));
        }
    };
    if field(x).is_empty() || field(y).is_empty() {
        return Err(format!(
            "line {line}: a file's name is missing; name both pictures"
        ));
    }
    Ok(Pair {
        file_x: field(x).to_owned(),
        file_y: field(y).to_owned(),
        same,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_stand_in_any_order_and_names_may_hold_commas() {
        let text =
            "\u{feff}Decision,note,file_y,file_x\nYes,-,\"b, c.jpg\",a.jpg\nno,-,d.jpg,a.jpg\n";
        let pairs = parse(text.as_bytes()).unwrap();
        let pair = |file_y: &str, same| Pair {
            file_x: "a.jpg".into(),
            file_y: file_y.into(),
            same,
        };
        assert_eq!(pairs, [pair("b, c.jpg", true), pair("d.jpg", false)]);
    }

    #[test]
    fn every_wrong_line_is_told_with_its_number() {
        let text = "file_x,file_y,Decision\na,b,Yes\na,,No\na,b,maybe\n";
        let faults = parse(text.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert!(
            faults[0].starts_with("line 3:") && faults[1].starts_with("line 4:"),
            "{faults:?}"
        );
    }

    #[test]
    fn missing_columns_and_cut_lines_are_faults() {
        assert_eq!(parse("file_x,other\n".as_bytes()).unwrap_err().len(), 2);
        assert_eq!(
            parse("file_x,file_y,Decision\na,b\n".as_bytes())
                .unwrap_err()
                .len(),
            1
        );
        assert_eq!(parse("".as_bytes()).unwrap_err().len(), 3);
    }
}
