//! `--all --shard I/N`: several machines share the repositories of one config.

use std::collections::BTreeSet;

use crate::backup_days::{each, list, names, report};
use crate::support::{Kind, Machine, Remote};

const NAMES: [&str; 7] = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];

fn remotes() -> (Vec<Remote>, Machine) {
    let remotes: Vec<Remote> = NAMES
        .iter()
        .map(|name| Remote::new(Kind::Path, name, false))
        .collect();
    let machine = Machine::bare(&remotes[0]);
    configure(&machine, remotes.iter());
    (remotes, machine)
}

fn configure<'a>(machine: &Machine, remotes: impl Iterator<Item = &'a Remote>) {
    let lines: Vec<String> = remotes.map(|r| format!("  - url: {}\n", r.url)).collect();
    let text = format!("repositories:\n{}", lines.concat());
    machine.env.operator_config(&text);
}

#[test]
fn the_shares_together_are_all_and_no_repository_is_in_two() {
    let (remotes, machine) = remotes();
    let mut seen: Vec<BTreeSet<String>> = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let before: Vec<bool> = remotes.iter().map(|r| !names(r).is_empty()).collect();
        let answer = report(&machine, &["backup", "--all", "--shard", shard], 0);
        let urls: BTreeSet<String> = each(&answer, "repositories", "url").into_iter().collect();
        assert!(!urls.is_empty() && urls.len() < NAMES.len(), "{answer:#}");
        for (remote, before) in remotes.iter().zip(before) {
            let mine = urls.contains(&remote.url);
            assert_eq!(!names(remote).is_empty(), before || mine, "{}", remote.url);
        }
        seen.push(urls);
    }
    let together: usize = seen.iter().map(BTreeSet::len).sum();
    assert_eq!(together, NAMES.len());
    assert!(remotes.iter().all(|r| names(r).len() == 1));

    // Another order of the config moves none to another share, and every job splits alike.
    configure(&machine, remotes.iter().rev());
    for (n, urls) in seen.iter().enumerate() {
        let shard = format!("{}/3", n + 1);
        for job in [
            &["verify"][..],
            &["drill"],
            &["list"],
            &["prune", "--keep-last", "1"],
        ] {
            let args = [&["backup"], job, &["--all", "--shard", &shard]].concat();
            let answer = report(&machine, &args, 0);
            let told: BTreeSet<String> = each(&answer, "repositories", "url").into_iter().collect();
            assert_eq!(told, *urls, "{args:?}");
        }
    }
}

#[test]
fn a_share_without_repositories_has_nothing_to_do() {
    let (remotes, machine) = remotes();
    configure(&machine, remotes.iter().take(1));
    let shares = ["1/2", "2/2"].map(|shard| {
        let answer = report(&machine, &["backup", "--all", "--shard", shard], 0);
        assert!(answer["message"].is_string(), "{answer:#}");
        list(&answer, "repositories").len()
    });
    assert_eq!(shares.iter().sum::<usize>(), 1, "{shares:?}");
}

#[test]
fn an_address_that_cannot_be_read_fails_in_one_share_alone() {
    let (remotes, machine) = remotes();
    let text = format!(
        "repositories:\n  - url: {}\n  - url: 'https://h:port/x.git'\n",
        remotes[0].url
    );
    machine.env.operator_config(&text);
    let codes = ["1/4", "2/4", "3/4", "4/4"].map(|shard| {
        let args = ["backup", "--all", "--shard", shard, "--json"];
        machine.aidf(&args).code
    });
    assert_eq!(codes.iter().filter(|c| **c != 0).count(), 1, "{codes:?}");
}

#[test]
fn a_share_is_refused_where_it_makes_no_sense() {
    let (remotes, machine) = remotes();
    for shard in ["0/3", "4/3", "1", "x/3", "1/0", "1/-3", ""] {
        machine
            .aidf(&["backup", "--all", "--shard", shard])
            .exits(2);
    }
    let out = machine.aidf(&["backup", "--shard", "1/3"]).exits(2);
    assert!(out.stderr.contains("--all"), "{out}");
    assert!(remotes.iter().all(|r| names(r).is_empty()));
}
