//! The lines of `.gitattributes` that make plain git merge ledgers by union. Pure.

/// The file that git reads for the attributes of the whole tree (gitattributes(5)).
pub const PATH: &str = ".gitattributes";

/// The largest such file that aidf adds lines to, in bytes; git itself reads 100 MiB.
pub const MAX_ATTRIBUTES: u64 = 1 << 20;

/// Returns the file with a line `<path> merge=union` added for each of `paths`, unless a
/// line says already how that path is merged. Every byte that was there stays. `None` if
/// nothing needs to be added, or nothing can be added: the file is not text, or a path
/// would have to be quoted.
pub fn with_union(old: Option<&[u8]>, paths: &[&str]) -> Option<Vec<u8>> {
    let missing = missing_lines(old, paths);
    if missing.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(old.unwrap_or_default()).ok()?;
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = text.to_owned();
    if !new.is_empty() && !new.ends_with('\n') {
        new.push_str(newline);
    }
    for line in missing {
        new.push_str(&line);
        new.push_str(newline);
    }
    Some(new.into_bytes())
}

/// The lines that [`with_union`] adds, without their line ends.
pub fn missing_lines(old: Option<&[u8]>, paths: &[&str]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(old.unwrap_or_default()) else {
        return Vec::new();
    };
    let plain = |p: &&&str| {
        p.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
    };
    let missing = paths
        .iter()
        .filter(plain)
        .filter(|path| !text.lines().any(|line| decides(line, path)));
    let line = |path: &&str| {
        // A pattern without a slash would match that name in any folder.
        let anchor = if path.contains('/') { "" } else { "/" };
        format!("{anchor}{path} merge=union")
    };
    missing.map(line).collect()
}

/// Whether a line says how `path` is merged, one way or the other.
fn decides(line: &str, path: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(pattern) = words.next().filter(|p| !p.starts_with(['#', '[', '"'])) else {
        return false;
    };
    let about = |word: &str| {
        let name = word.trim_start_matches(['-', '!']);
        name == "merge" || name == "binary" || name.starts_with("merge=")
    };
    let anchored = pattern.trim_start_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let matches = match pattern.contains('/') {
        true => fast_glob::glob_match(anchored, path),
        false => fast_glob::glob_match(pattern, name),
    };
    matches && words.any(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(old: &str, paths: &[&str]) -> Option<String> {
        with_union(Some(old.as_bytes()), paths).map(|b| String::from_utf8(b).unwrap())
    }

    #[test]
    fn lines_are_added_once_and_every_byte_stays() {
        let paths = ["p/changelog.yaml", "memory.yaml"];
        let both = "p/changelog.yaml merge=union\n/memory.yaml merge=union\n";
        assert_eq!(with_union(None, &paths).as_deref(), Some(both.as_bytes()));
        assert_eq!(with(both, &paths), None);
        assert_eq!(
            with("*.png binary", &paths).unwrap(),
            format!("*.png binary\n{both}")
        );
        assert_eq!(
            with("*.png binary\r\n", &paths[..1]).unwrap(),
            "*.png binary\r\np/changelog.yaml merge=union\r\n"
        );
        assert_eq!(
            with(
                "# p/changelog.yaml merge=x\np/changelog.yaml text\n",
                &paths[..1]
            )
            .unwrap()
            .lines()
            .count(),
            3
        );
    }

    #[test]
    fn who_decided_already_is_not_spoken_over() {
        let path = ["p/changelog.yaml"];
        for line in [
            "*.yaml -merge\n",
            "p/** merge=ours\n",
            "changelog.yaml text merge=union\n",
            "/p/*.yaml binary\n",
        ] {
            assert_eq!(with(line, &path), None, "{line}");
        }
        assert!(with("/changelog.yaml merge=ours\n", &path).is_some());
        assert_eq!(with_union(Some(b"\xff"), &path), None);
        assert_eq!(with("", &["a b.yaml", "ü.yaml"]), None);
    }
}
