//! A folder's pictures, those of its subfolders with them, in the order of their paths.

use std::path::{Path, PathBuf};

use super::super::Failed;

/// What a picture's file name ends in, whatever the case. Formats that the decoder does not let in are among them, so
/// that such a picture gives a line that says so and is not passed over in silence.
pub(super) const EXTENSIONS: [&str; 10] = [
    "jpg", "jpeg", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff", "heic",
];

/// Every picture below `dir`.
pub(super) fn pictures(dir: &Path) -> Result<Vec<PathBuf>, Failed> {
    files(dir, &EXTENSIONS)
}

/// Every file below `dir` whose name ends in one of `extensions`, as `dir` joined with the path below it, sorted.
/// Links are followed, save into a folder that the walk is in already.
pub(super) fn files(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Failed> {
    if !dir.is_dir() {
        return Err(Failed::Usage(format!(
            "{} is no folder; name one that holds pictures",
            dir.display()
        )));
    }
    let mut found = Vec::new();
    descend(dir, extensions, &mut Vec::new(), &mut found)?;
    found.sort();
    Ok(found)
}

fn descend(
    dir: &Path,
    extensions: &[&str],
    within: &mut Vec<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failed> {
    let unlistable = |error: std::io::Error| {
        Failed::Usage(format!(
            "{} can't be listed ({error}); give it permissions, or name another folder",
            dir.display()
        ))
    };
    let real = dir.canonicalize().map_err(unlistable)?;
    if within.contains(&real) {
        return Ok(());
    }
    within.push(real);
    for entry in std::fs::read_dir(dir).map_err(unlistable)? {
        let path = entry.map_err(unlistable)?.path();
        if path.is_dir() {
            descend(&path, extensions, within, found)?;
        } else if ends_in(&path, extensions) {
            found.push(path);
        }
    }
    within.pop();
    Ok(())
}

/// Whether a file's name ends in one of `extensions`.
pub(super) fn ends_in(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|extension| {
        extensions
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        folder
    }

    fn below(dir: &Path) -> Vec<String> {
        let pictures = pictures(dir).ok().unwrap();
        let below = |path: &PathBuf| {
            path.strip_prefix(dir)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        pictures.iter().map(below).collect()
    }

    #[test]
    fn pictures_of_every_subfolder_are_found_in_the_order_of_their_paths() {
        let folder = folder(&[
            "b.JPG",
            "a/z.png",
            "a/z.txt",
            "a/b/c.webp",
            "truth.json",
            "c",
        ]);
        assert_eq!(below(folder.path()), ["a/b/c.webp", "a/z.png", "b.JPG"]);
    }

    #[test]
    fn a_link_back_up_ends_the_walk_and_a_linked_picture_is_read() {
        let folder = folder(&["a/one.png"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        std::os::unix::fs::symlink("one.png", folder.path().join("a/two.png")).unwrap();
        assert_eq!(below(folder.path()), ["a/one.png", "a/two.png"]);
    }

    #[test]
    fn what_is_no_folder_is_an_unusable_argument() {
        let folder = folder(&["one.png"]);
        for path in ["one.png", "absent"] {
            let refused = pictures(&folder.path().join(path));
            assert!(matches!(refused, Err(Failed::Usage(_))), "{path}");
        }
    }
}
