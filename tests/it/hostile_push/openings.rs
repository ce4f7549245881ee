//! Sandboxes that a pod would open beside its quota: git moves the refs of a push one by one.

use super::now;
use crate::support::{Guarded, Kind, Machine, claims};
use aidf::clock::Moment;
use aidf::openings;

const POLICY: &str = "pods: {SlowPod: {quota: {open_sandboxes: 1}}}\n";
const FULL: &str = "SlowPod has 1 sandbox open";

/// A sandbox of the pod: its branch, its record and its token.
struct Sandbox {
    branch: String,
    record: String,
    token: String,
}

impl Sandbox {
    fn of(g: &Guarded, name: &str) -> Sandbox {
        Sandbox::of_pod(g, name, Some("SlowPod"))
    }

    fn of_pod(g: &Guarded, name: &str, pod: Option<&str>) -> Sandbox {
        let claims = aidf::token::Claims {
            pod: pod.map(str::to_owned),
            ..claims(Some(name), now(), None)
        };
        Sandbox {
            branch: format!("refs/heads/{name}"),
            record: openings::name(name, Moment::from_seconds(now()), pod),
            token: g.seal(&claims, "widgets"),
        }
    }

    fn open(&self) -> [String; 2] {
        [&self.branch, &self.record].map(|name| format!("HEAD:{name}"))
    }

    fn close(&self) -> [String; 2] {
        [&self.branch, &self.record].map(|name| format!(":{name}"))
    }
}

fn world() -> (Guarded, Machine, Sandbox, Sandbox) {
    let g = Guarded::new(Kind::Path, POLICY);
    let ada = g.w.other();
    ada.at("sandbox");
    let [one, two] = ["sandbox-one", "sandbox-two"].map(|name| Sandbox::of(&g, name));
    (g, ada, one, two)
}

fn strs(all: &[String; 2]) -> [&str; 2] {
    all.each_ref().map(String::as_str)
}

#[test]
fn a_record_that_goes_while_its_sandbox_stays_opens_no_second_one() {
    type Hold = fn(&Guarded);
    let holds: [(&str, Hold, Hold); 2] = [
        (
            "a server that denies deletions",
            |g| {
                g.w.remote.git(&["config", "receive.denyDeletes", "true"]);
            },
            |g| {
                g.w.remote.git(&["config", "receive.denyDeletes", "false"]);
            },
        ),
        (
            "a lock that is held",
            |g| {
                let lock = g.w.remote.bare.join("refs/heads/sandbox-one.lock");
                std::fs::write(lock, "").unwrap();
            },
            |g| {
                let lock = g.w.remote.bare.join("refs/heads/sandbox-one.lock");
                std::fs::remove_file(lock).unwrap();
            },
        ),
    ];
    for (what, hold, release) in holds {
        let (g, ada, one, two) = world();
        g.passes(&ada, &[&one.token], &strs(&one.open()));
        hold(&g);
        let out = g.push(&ada, &[&one.token], &strs(&one.close()));
        assert_ne!(out.code, 0, "{what}: {out}");
        let refs = g.w.remote.refs();
        assert!(
            refs.contains(&one.branch) && !refs.contains(&one.record),
            "{what}: the branch alone stays: {refs}"
        );
        release(&g);
        g.refused(&ada, &[&two.token], &strs(&two.open()), FULL);
        // It counts as long as it is there.
        g.passes(&ada, &[&one.token], &[strs(&one.close())[0]]);
        g.passes(&ada, &[&two.token], &strs(&two.open()));
    }
}

#[test]
fn a_record_that_is_not_made_with_its_sandbox_opens_no_second_one() {
    let (g, ada, one, two) = world();
    let lock = g.w.remote.bare.join(format!("{}.lock", one.record));
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    let out = g.push(&ada, &[&one.token], &strs(&one.open()));
    assert_ne!(out.code, 0, "{out}");
    let refs = g.w.remote.refs();
    assert!(
        refs.contains(&one.branch) && !refs.contains(&one.record),
        "the branch alone is made: {refs}"
    );
    g.refused(&ada, &[&two.token], &strs(&two.open()), FULL);
}

#[test]
fn notes_of_openings_that_cannot_be_read_refuse_what_they_count_for_and_nothing_else() {
    let (g, ada, one, two) = world();
    let notes = g.w.remote.bare.join("aidf/opened");
    std::fs::create_dir_all(notes.parent().unwrap()).unwrap();
    std::fs::write(&notes, "no folder").unwrap();
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/x"]);
    g.passes(&ada, &[&g.operator], &["HEAD:refs/heads/sandbox-op"]);
    let free = Sandbox::of_pod(&g, "sandbox-free", None);
    g.passes(&ada, &[&free.token], &strs(&free.open()));
    let words = "the notes of the open sandboxes in";
    let out = g.refused(&ada, &[&one.token], &strs(&one.open()), words);
    assert!(!out.stderr.contains("caused by"), "{out}");
    assert!(
        out.stderr.contains("on the server, let the account"),
        "{out}"
    );
    std::fs::remove_file(&notes).unwrap();
    g.passes(&ada, &[&one.token], &strs(&one.open()));
    // A folder in the place of a note: no account can read that.
    std::fs::remove_file(notes.join("sandbox-one")).unwrap();
    std::fs::create_dir(notes.join("sandbox-one")).unwrap();
    g.w.remote.git(&["update-ref", "-d", &one.record]);
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/y"]);
    let out = g.refused(&ada, &[&two.token], &strs(&two.open()), FULL);
    assert!(out.stderr.contains("counts for every pod"), "{out}");
    // A record of the branch says whose it is, and a branch that is gone is nobody's.
    let quick = openings::name("sandbox-one", Moment::from_seconds(now()), Some("QuickPod"));
    g.w.remote.git(&["update-ref", &quick, "main"]);
    g.passes(&ada, &[&two.token], &strs(&two.open()));
    g.passes(&ada, &[&two.token], &strs(&two.close()));
    g.w.remote.git(&["update-ref", "-d", &quick]);
    g.w.remote.git(&["update-ref", "-d", &one.branch]);
    g.passes(&ada, &[&two.token], &strs(&two.open()));
}

#[cfg(unix)]
#[test]
fn a_note_of_an_opening_has_the_mode_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let (g, ada, one, _two) = world();
    g.passes(&ada, &[&one.token], &strs(&one.open()));
    let aidf = g.w.remote.bare.join("aidf");
    std::fs::write(aidf.join("any"), "").unwrap();
    let mode = |name: &str| {
        let meta = std::fs::metadata(aidf.join(name)).unwrap();
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode("opened/sandbox-one"), mode("any"));
}

#[test]
fn a_note_of_a_closed_sandbox_counts_no_other_one_of_its_name() {
    type Again = fn(&Guarded, &Machine);
    let others: [(&str, Again); 3] = [
        ("another pod", |g, ada| {
            let free = Sandbox::of_pod(g, "sandbox-one", Some("QuickPod"));
            g.passes(ada, &[&free.token], &strs(&free.open()));
        }),
        ("an operator", |g, ada| {
            g.passes(ada, &[&g.operator], &["HEAD:refs/heads/sandbox-one"]);
        }),
        ("behind the hook's back", |g, _| {
            let name = openings::name(
                "sandbox-one",
                Moment::from_seconds(now() + 2),
                Some("QuickPod"),
            );
            for name in ["refs/heads/sandbox-one", &name] {
                g.w.remote.git(&["update-ref", name, "main"]);
            }
        }),
    ];
    for (who, opens) in others {
        let (g, ada, one, two) = world();
        g.passes(&ada, &[&one.token], &strs(&one.open()));
        g.passes(&ada, &[&one.token], &strs(&one.close()));
        opens(&g, &ada);
        let out = g.push(&ada, &[&two.token], &strs(&two.open()));
        assert_eq!(out.code, 0, "{who}: {out}");
    }
}

#[test]
fn a_push_that_names_a_ref_twice_is_refused() {
    let (g, ada, one, _two) = world();
    g.passes(&ada, &[&one.token], &strs(&one.open()));
    let (tip, main) = (g.w.remote.tip("sandbox-one"), g.w.remote.tip("main"));
    let zero = "0".repeat(40);
    let before = g.w.remote.refs();
    let commands = [
        format!("{main} {zero} {}", one.branch),
        format!("{tip} {zero} {}", one.branch),
        format!("{tip} {zero} {}", one.record),
    ];
    let said = raw(&g, &one.token, &commands);
    assert_eq!(g.w.remote.refs(), before, "{said}");
    assert!(said.contains("twice"), "{said}");
}

/// Speaks to `git receive-pack` by hand: these commands, with a token, and no objects.
fn raw(g: &Guarded, token: &str, commands: &[String]) -> String {
    let mut sent = String::new();
    let mut packet = |text: &str| sent.push_str(&format!("{:04x}{text}", text.len() + 4));
    for (n, command) in commands.iter().enumerate() {
        match n {
            0 => packet(&format!("{command}\0report-status push-options")),
            _ => packet(command),
        }
    }
    let commands = std::mem::take(&mut sent);
    let mut packet = |text: &str| sent.push_str(&format!("{:04x}{text}", text.len() + 4));
    packet(&format!("aidf-token={token}"));
    let bytes = format!("{commands}0000{sent}0000");
    let out = g.receive_pack(bytes.as_bytes());
    String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
}
