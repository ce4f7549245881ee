//! The tests' own servers serve plain git: what fails elsewhere is not theirs.

use crate::support::{Kind, World};

const KINDS: [Kind; 5] = [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh];

fn plain(w: &World, args: &[&str]) {
    let mut command = w.env.command("git", &w.clone);
    command.args(args);
    for (name, value) in &w.vars {
        command.env(name, value);
    }
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn plain_git_clones_pushes_and_fetches_over_every_kind() {
    for kind in KINDS {
        let w = World::new(kind);
        w.write("a.txt", "a\n");
        w.git(&["add", "a.txt"]);
        w.git(&["commit", "--quiet", "-m", "Add a"]);
        plain(&w, &["push", "--quiet", "origin", "HEAD:refs/heads/plain"]);
        assert_eq!(w.remote.file("plain", "a.txt"), b"a\n", "{kind:?}");
        plain(&w, &["fetch", "--quiet"]);
        w.remote.is_sound();
        w.clone_is_sound();
    }
}

#[test]
fn plain_git_pushes_what_does_not_fit_its_buffer() {
    // More than http.postBuffer: git probes, then sends chunks.
    let w = World::new(Kind::Http);
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    w.write("big.bin", &bytes);
    w.git(&["add", "big.bin"]);
    w.git(&["commit", "--quiet", "-m", "Big"]);
    plain(&w, &["push", "--quiet", "origin", "HEAD:refs/heads/plain"]);
    assert_eq!(w.remote.file("plain", "big.bin"), bytes);
}

#[test]
fn the_counters_count() {
    for kind in [Kind::Http, Kind::Daemon] {
        let w = World::new(kind);
        w.remote.reset();
        assert_eq!(w.remote.connections(), 0);
        plain(&w, &["ls-remote", "--quiet", "origin"]);
        assert_eq!(w.remote.connections(), 1, "{kind:?}");
        plain(&w, &["ls-remote", "--quiet", "origin"]);
        assert_eq!(w.remote.connections(), 2, "{kind:?}");
    }
}

#[test]
fn the_other_writer_is_real() {
    let w = World::path();
    let before = w.remote.tip("sandbox");
    w.remote.write(
        "sandbox",
        &[("x/y.txt", Some(b"y\n")), ("README.md", None)],
        "Other",
    );
    assert_eq!(w.remote.file("sandbox", "x/y.txt"), b"y\n");
    assert!(w.remote.try_file("sandbox", "README.md").is_none());
    assert_eq!(w.remote.count(&format!("{before}..sandbox")), 1);
    w.remote.is_sound();
}
