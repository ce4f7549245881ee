//! Every decoder of bytes that come from outside, as a function that takes any bytes and
//! panics where the decoder breaks a promise. Two callers: libFuzzer, by the package in
//! `fuzz/`; and this module's own test, with the seeds of `tests/seeds` and mutations of them.
//!
//! A target is a line in [`targets`] and a function beside what it calls, so that it sees
//! what is private there. It tells a promise of its own words, and does not repeat the code.

#[cfg(test)]
mod mutate;
mod records;
mod rules;

/// One decoder.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder of seeds.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Bytes that one input of some kilobytes may make it hold at once, by Rust's allocator.
    pub memory: usize,
}

const MIB: usize = 1 << 20;

/// All of them.
pub fn targets() -> Vec<Target> {
    use crate::forge::fuzzing as forge;
    use crate::git::fuzzing as git;
    use crate::git::wire_fuzzing as wire;
    use crate::ops::fuzzing as ops;
    let target = |name, run, mib: usize| Target {
        name,
        run,
        memory: mib * MIB,
    };
    vec![
        target("advertisement", wire::advertisement, 8),
        target("alerts", rules::alerts, 4),
        target("backup_manifest", records::backup_manifest, 4),
        target("backup_name", rules::backup_name, 1),
        target("bundle", git::bundle, 8),
        target("bundle_list", ops::bundle_list, 4),
        target("bundle_manifest", records::bundle_manifest, 8),
        target("callback", rules::callback, 1),
        target("config", records::config, 32),
        target("date", rules::date, 1),
        target("device_flow", forge::device, 4),
        target("endpoint", rules::endpoint, 1),
        target("fetch", wire::fetch, 8),
        target("forge_answer", forge::answer, 8),
        target("forge_headers", forge::headers, 2),
        target("forge_place", forge::place, 4),
        target("forge_rules", forge::rules, 16),
        target("git_config", git::config, 4),
        target("glob", rules::glob, 4),
        target("growth", records::growth, 32),
        target("hook_line", ops::hook_line, 4),
        target("journal", records::journal, 8),
        target("keys", records::keys, 4),
        target("ledger", records::ledger, 32),
        target("object", git::object, 16),
        target("pack", git::pack, 8),
        target("pack_check", git::pack_check, 4),
        target("pkt_line", wire::pkt_line, 1),
        target("policy", records::policy, 32),
        target("push_report", wire::push_report, 8),
        target("redirect", wire::redirect, 1),
        target("ref_name", git::ref_name, 1),
        target("remembered", ops::remembered, 16),
        target("signature", rules::signature, 1),
        target("token", rules::token, 1),
        target("tree_path", git::tree_path, 1),
        target("yaml", records::yaml, 32),
    ]
}

/// Whether a folder or ref below could hide what it is: what no terminal should be sent.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// The text up to the first newline, and what follows it.
pub(crate) fn two(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    /// Mutations of each target's seeds, where `AIDF_FUZZ_RUNS` says nothing else.
    const RUNS: u64 = 300;
    /// No input of some kilobytes takes so long, even here and unoptimised.
    const SLOW: Duration = Duration::from_secs(10);

    fn seeds_of(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/seeds")
            .join(target);
        let mut found: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|e| e.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        found.sort();
        assert!(!found.is_empty(), "{target} has no seed");
        found
    }

    /// The targets, or the one that `AIDF_FUZZ_TARGET` names.
    fn wanted() -> Vec<Target> {
        let one = std::env::var("AIDF_FUZZ_TARGET").ok();
        let mut all = targets();
        all.retain(|t| one.as_ref().is_none_or(|name| name == t.name));
        assert!(!all.is_empty(), "there is no target {one:?}");
        all
    }

    /// Runs one input; what fails names all that it takes to run it again.
    fn tried(target: &Target, input: &[u8], from: &str) -> Result<(), String> {
        let begun = Instant::now();
        let run = target.run;
        let kept = catch_unwind(|| run(input)).is_ok();
        let took = begun.elapsed();
        if kept && took < SLOW {
            return Ok(());
        }
        let what = if kept { "was slow" } else { "broke a promise" };
        Err(format!(
            "{} {what} ({took:?}) on {from}: {}",
            target.name,
            input.escape_ascii()
        ))
    }

    #[test]
    fn every_decoder_keeps_its_promises_on_its_seeds() {
        let mut broken = Vec::new();
        for target in wanted() {
            for (path, input) in seeds_of(target.name) {
                broken.extend(tried(&target, &input, &path.display().to_string()).err());
            }
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    #[test]
    fn every_decoder_keeps_its_promises_on_mutations_of_its_seeds() {
        let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().unwrap());
        let runs = number("AIDF_FUZZ_RUNS").unwrap_or(RUNS);
        // The same ones each time, unless others are asked for.
        let seed = number("AIDF_FUZZ_SEED").unwrap_or(1);
        let words = mutate::words(include_str!("../../tests/seeds/words.dict"));
        let mut broken = Vec::new();
        for target in wanted() {
            let seeds: Vec<Vec<u8>> = seeds_of(target.name).into_iter().map(|s| s.1).collect();
            let mut draw = mutate::Draw::new(seed, target.name, &seeds, &words);
            // One for each target is enough to begin with.
            let first = (0..runs).find_map(|at| {
                let from = format!("mutation {at} of AIDF_FUZZ_SEED={seed}");
                tried(&target, &draw.next(), &from).err()
            });
            broken.extend(first);
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    #[test]
    fn no_folder_of_seeds_is_without_its_target() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds");
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(
                entry.path().is_file() || targets().iter().any(|t| t.name == name),
                "nothing reads tests/seeds/{name}"
            );
        }
    }
}
