//! The rules, each on one file's text.

/// Longest file without a reason, in lines.
const LONG: usize = 400;

/// Places outside the repository that nothing in it may name, and the one file that may.
const OUTSIDE: [&str; 3] = [
    concat!("/work/", "shared"),
    concat!("../", "shared"),
    concat!("/.", "library"),
];
const MAY_NAME: &str = ".ci/run";

/// What is wrong with a file, `PATH:LINE: what`.
pub fn check(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: &str| faults.push(format!("{file}:{line}: {what}"));
    if file != MAY_NAME {
        for (number, line) in text.lines().enumerate() {
            if OUTSIDE.iter().any(|place| line.contains(place)) {
                fault(number + 1, "names a place outside this repository");
            }
        }
    }
    if !file.ends_with(".rs") {
        return faults;
    }
    if !text.starts_with("//!") {
        fault(1, "opens without `//!`: say what this file is");
    }
    let lines = text.lines().count();
    if lines > LONG && !text.lines().any(|line| line.starts_with("// long file: ")) {
        fault(
            lines,
            "over 400 lines without a line `// long file: WHY` below its head: split it, or say why",
        );
    }
    for (number, line) in text.lines().enumerate() {
        if line.contains(concat!("TO", "DO")) && !line.contains(concat!("TO", "DO(#")) {
            fault(
                number + 1,
                concat!("a TO", "DO without the issue that owns it"),
            );
        }
    }
    for (line, what) in unreasoned(text) {
        fault(line, &format!("`{what}` without a reason"));
    }
    faults
}

/// Lints allowed or expected without a reason: line and attribute.
fn unreasoned(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (kind, opening) in [
        ("#[allow]", "#[allow("),
        ("#[expect]", "#[expect("),
        ("#![allow]", "#![allow("),
        ("#![expect]", "#![expect("),
    ] {
        for (at, _) in text.match_indices(opening) {
            let before = &text[..at];
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            if !before[start..].trim().is_empty() {
                continue; // within a comment or a string
            }
            let rest = &text[at..];
            let end = rest.find(")]").unwrap_or(rest.len());
            if !rest[..end].contains("reason") {
                found.push((before.matches('\n').count() + 1, kind));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_file_says_what_it_is() {
        assert!(check("a.rs", "//! A room.\nfn main() {}\n").is_empty());
        assert_eq!(check("a.rs", "fn main() {}\n").len(), 1);
        assert!(check("a.md", "no rust\n").is_empty());
    }

    #[test]
    fn a_lint_is_allowed_only_with_a_reason() {
        let without = "//! A.\n#[allow(dead_code)]\nfn a() {}\n";
        assert_eq!(
            check("a.rs", without),
            ["a.rs:2: `#[allow]` without a reason"]
        );
        let with = "//! A.\n#[expect(\n    dead_code,\n    reason = \"why\"\n)]\nfn a() {}\n";
        assert!(check("a.rs", with).is_empty());
        assert!(check("a.rs", "//! says `#[allow(x)]`\n").is_empty());
    }

    #[test]
    fn a_long_file_says_why() {
        let long = format!("//! A.\n{}", "// x\n".repeat(LONG));
        assert_eq!(check("a.rs", &long).len(), 1);
        assert!(check("a.rs", &format!("{long}// long file: a table\n")).is_empty());
    }

    #[test]
    fn open_ends_have_an_owner() {
        let owned = concat!("//! A.\n// TO", "DO(#12): later\n");
        assert!(check("a.rs", owned).is_empty());
        let alone = concat!("//! A.\n// TO", "DO: later\n");
        assert_eq!(check("a.rs", alone).len(), 1);
    }

    #[test]
    fn places_outside_are_named_by_ci_only() {
        let text = format!("see {}\n", OUTSIDE[1]);
        assert_eq!(check("README.md", &text).len(), 1);
        assert!(check(".ci/run", &text).is_empty());
    }
}
