//! Names of refs and files that stand for others.

use super::{ADA, held, id, made, now};
use aidf::clock::Moment;

#[test]
fn nobody_but_an_operator_makes_a_name_that_git_takes_for_a_guarded_one() {
    let (g, ada, token) = held("protected_branches: ['release/*']\n");
    for name in [
        "refs/tags/main",
        "refs/tags/MAIN",
        "refs/tags/sandbox",
        "refs/tags/sandbox-ada",
        "refs/tags/release/1",
        "refs/tags/backup/2026-11-22",
        "refs/tags/origin/main",
        "refs/tags/HEAD",
        "refs/tags/FETCH_HEAD",
        "refs/main",
        "refs/sandbox-ada",
        "refs/remotes/main",
        "refs/remotes/main/HEAD",
        "refs/HEADS/main",
        "refs/heads/HEAD",
        "refs/heads/ORIG_HEAD",
        "refs/heads/heads/main",
        "refs/heads/refs/heads/main",
        "refs/heads/tags/main",
        "refs/heads/ma\u{200c}in",
        "refs/tags/refs/heads/sandbox-ada",
        "refs/AIDF/revoked/0123456789abcdef",
        "refs/Replace/0123456789abcdef0123456789abcdef01234567",
    ] {
        let to = format!("HEAD:{name}");
        for tokens in [vec![], vec![token.as_str()]] {
            let out = g.push(&ada, &tokens, &[&to]);
            assert_ne!(out.code, 0, "{name} was let in\n{out}");
        }
        assert!(!g.w.remote.refs().contains(name), "{name} is there");
    }
    // The words are of the name.
    g.refused(
        &ada,
        &[],
        &["HEAD:refs/tags/main"],
        "could be mistaken for `main`",
    );
    for name in [
        "refs/tags/v1",
        "refs/tags/mainline",
        "refs/notes/main-notes",
        "refs/heads/head",
    ] {
        let out = g.push(&ada, &[], &[&format!("HEAD:{name}")]);
        assert_eq!(out.code == 0, name != "refs/heads/head", "{name}\n{out}");
    }
    g.passes(&ada, &[&g.operator], &["HEAD:refs/tags/main"]);
    // What is there may go.
    g.passes(&ada, &[], &[":refs/tags/main"]);
}

#[cfg(unix)]
#[test]
fn a_ref_name_that_is_not_text_is_refused_and_on_record() {
    use std::os::unix::ffi::OsStrExt;
    let (g, ada, token) = held("");
    for name in [b"refs/heads/x\xff".as_slice(), b"refs/tags/\xe9\xfe"] {
        let to = [b"HEAD:".as_slice(), name].concat();
        let before = (g.w.remote.refs(), g.journal().len());
        let mut command = ada.env.command("git", &ada.clone);
        command.args([
            "push",
            "--quiet",
            "-o",
            &format!("aidf-token={token}"),
            "origin",
        ]);
        let out = command
            .arg(std::ffi::OsStr::from_bytes(&to))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(
            !out.status.success() && told.contains("is not UTF-8"),
            "{told}"
        );
        assert_eq!(g.w.remote.refs(), before.0);
        let journal = g.journal();
        assert_eq!(journal.len(), before.1 + 1);
        let last = journal.last().unwrap();
        assert_eq!(last["allowed"], false);
        assert!(last["ref"].as_str().unwrap().contains("\\x"), "{last}");
    }
}

#[test]
fn a_file_name_that_some_platform_takes_for_another_is_refused_and_aidf_writes_none() {
    let (g, ada, token) = held("");
    let base = id(&ada, "HEAD");
    let blob = id(&ada, "HEAD:README.md");
    let names: [&[u8]; 12] = [
        b"caf\xe9.txt",
        b"CON",
        b"nul.txt",
        b"COM1.log",
        b"aux .c",
        b"dot.",
        b"space ",
        b"GITMOD~1",
        b"GI7EBA~1",
        b"GIT~2",
        b"GITHUB~1",
        "read\u{200d}me".as_bytes(),
    ];
    for name in names {
        let mut list = ada
            .env
            .git_bytes(&ada.clone, &["ls-tree", "-z", "HEAD"], b"");
        list.extend(format!("100644 blob {blob}\t").bytes());
        list.extend(name);
        list.push(0);
        let tree = ada.env.git_bytes(&ada.clone, &["mktree", "-z"], &list);
        made(&ada, String::from_utf8(tree).unwrap().trim(), &[&base]);
        // The names that stand for a denied file are refused as that file.
        let words = match name {
            b"GITMOD~1" => "**/.gitmodules",
            b"GITHUB~1" => ".github/**",
            b"GI7EBA~1" => "sandbox-ada",
            _ => "not every platform allows",
        };
        g.refused(&ada, &[&token], &[ADA], words);
        ada.git(&["checkout", "--quiet", "--force", "--detach", &base]);
        if let Ok(name) = std::str::from_utf8(name) {
            let pair = format!("{name}=README.md");
            let out = ada.call(&["commit", &pair, "-m", "Mine", "--json"]);
            let out = out.env("AIDF_REUSE_TOKEN", &token).run();
            assert!([2, 5].contains(&out.code), "{name:?}\n{out}");
        }
    }
}

#[test]
fn a_holder_archives_a_sandbox_as_it_is_now_and_nothing_else() {
    let (g, ada, token) = held("");
    let stamp = |seconds: i64| Moment::from_seconds(seconds).compact();
    let archive = |time: String| format!("refs/aidf/archive/sandbox-ada/{time}");
    let tip = id(&ada, "HEAD");
    let foreign = ada.plain(&[(".github/workflows/x.yml", "on: push\n")], "Not reviewed");
    let to = |commit: &str, name: String| format!("{commit}:{name}");
    for (refs, words) in [
        (
            vec![to(&foreign, archive(stamp(now())))],
            "another commit than its sandbox",
        ),
        (
            vec![to(&id(&ada, "HEAD:README.md"), archive(stamp(now())))],
            "another commit",
        ),
        (
            vec![to(&tip, archive(stamp(now() + 3_600)))],
            "not the present one",
        ),
        (
            vec![to(&tip, archive(stamp(now() - 3_600)))],
            "not the present one",
        ),
        (
            vec![to(&tip, archive("9999".to_owned()))],
            "does not end in a time",
        ),
        (
            vec![
                to(&foreign, archive(stamp(now()))),
                ":refs/heads/sandbox-ada".to_owned(),
            ],
            "another commit than its sandbox",
        ),
    ] {
        let refs: Vec<&str> = refs.iter().map(String::as_str).collect();
        g.refused(&ada, &[&token], &refs, words);
    }
    let kept = to(&tip, archive(stamp(now())));
    g.passes(&ada, &[&token], &[&kept]);
    let closed = to(&tip, archive(stamp(now() - 60)));
    g.passes(&ada, &[&token], &[&closed, ":refs/heads/sandbox-ada"]);
    assert_eq!(g.w.remote.refs().matches("refs/aidf/archive/").count(), 2);
    // Nothing is there any more that an archive could be of.
    let late = to(&tip, archive(stamp(now() - 120)));
    g.refused(&ada, &[&token], &[&late], "another commit than its sandbox");
}
