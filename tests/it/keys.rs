//! The life of a key: shown, prepared, rotated and retired, with sandboxes open on two
//! machines.

use serde_json::Value;

use crate::support::{Machine, World, text};

fn ids(machine: &Machine, state: &str) -> Vec<String> {
    let shown = machine.json(&["key", "show"]);
    let keys = shown["keys"].as_array().unwrap().iter();
    let of = keys.filter(|k| k["state"] == state);
    of.map(|k| text(k, "key_id")).collect()
}

/// What a commit of this file is signed with, and whether that is good.
fn save(machine: &Machine, path: &str) -> Value {
    machine.save(path, "x\n", "Add a file");
    machine.json(&["log"])["commits"][0].clone()
}

#[test]
fn a_rotation_loses_no_sandbox_on_two_machines_and_both_work_in_the_middle_of_it() {
    let w = World::path();
    let first = text(&w.init(), "reuse_token");
    let other = w.other();
    other.share_key(&w);
    let second = text(&other.init(), "reuse_token");
    let [old] = ids(&w, "active").try_into().unwrap();

    // The new key is made on one machine, and seals nothing yet.
    let prepared = w.json(&["key", "rotate", "--prepare"]);
    let new = text(&prepared, "next");
    assert_eq!(prepared["active"], old.as_str());
    assert_eq!(ids(&w, "next"), std::slice::from_ref(&new));
    let meanwhile = text(&w.json(&["sandbox", "init", "--force-new"]), "reuse_token");
    assert!(meanwhile.contains(&old));
    // The machine without the new key reads what the other one writes, and back.
    assert_eq!(save(&w, "a.txt")["signature"], "good");
    assert_eq!(save(&other, "b.txt")["signature"], "good");
    let opened = other.json(&["sandbox", "init", "--strict", "--reuse-token", &meanwhile]);
    assert_eq!(opened["reused"], true);

    // The ring is copied, then one machine rotates before the other.
    other.share_key(&w);
    let rotated = w.json(&["key", "rotate"]);
    assert_eq!(rotated["active"], new.as_str());
    assert_eq!(rotated["next"], Value::Null);
    let late = text(
        &other.json(&["sandbox", "init", "--force-new"]),
        "reuse_token",
    );
    let early = text(&w.json(&["sandbox", "init", "--force-new"]), "reuse_token");
    assert!(late.contains(&old) && early.contains(&new));
    for (machine, token) in [(&*w, &late), (&other, &early)] {
        let opened = machine.json(&["sandbox", "init", "--strict", "--reuse-token", token]);
        assert_eq!(opened["reused"], true);
        assert_eq!(save(machine, "c.txt")["signature"], "good");
    }
    let active = other.json(&["key", "rotate"]);
    assert_eq!(
        active["active"],
        new.as_str(),
        "the prepared one, and no third"
    );
    for token in [&first, &second, &meanwhile, &late, &early] {
        let opened = other.json(&["sandbox", "init", "--strict", "--reuse-token", token]);
        assert_eq!(opened["reused"], true);
    }
}

#[test]
fn the_tokens_of_a_retired_key_are_rejected_and_its_commits_stay_good() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let signed = save(&w, "a.txt");
    let [old] = ids(&w, "active").try_into().unwrap();
    let out = w.aidf(&["key", "retire", &old, "--json"]);
    assert_eq!(out.code, 2, "{out}");
    assert!(out.all().contains("aidf key rotate"), "{out}");
    w.json(&["key", "rotate"]);
    let retired = w.json(&["key", "retire", &old]);
    assert_eq!(retired["unchanged"], false);
    assert_eq!(w.json(&["key", "retire", &old])["unchanged"], true);
    assert_eq!(ids(&w, "retired"), [old]);
    w.write("b.txt", "b\n");
    w.refuses(
        &["commit", "b.txt", "-m", "Add b", "--reuse-token", &token],
        4,
    );
    let branch = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    assert_ne!(Value::from(branch), signed["branch"]);
    let first = text(&signed, "written_to");
    let log = w.json(&["log", &first]);
    assert_eq!(log["commits"][0]["signature"], "good");
    assert_eq!(w.aidf(&["key", "retire", "00000000"]).code, 3);
}

#[test]
fn keys_are_shown_without_their_secrets_and_without_a_repository() {
    let w = World::path();
    let empty = w.env.path("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let none = w.env.call(&empty, &["key", "show", "--json"]).run();
    assert_eq!(none.code, 0, "{none}");
    assert!(none.stdout.contains("there is no key here"), "{none}");
    w.init();
    let secret = std::fs::read_to_string(w.env.keys()).unwrap();
    let file: Value = serde_json::from_str(&secret).unwrap();
    let secret = text(&file["keys"][0], "secret");
    for args in [
        vec!["key", "show"],
        vec!["key", "rotate", "--prepare"],
        vec!["key", "rotate"],
        vec!["key", "show", "--json"],
    ] {
        let out = w.env.call(&empty, &args).run();
        assert_eq!(out.code, 0, "{out}");
        assert!(!out.all().contains(&secret), "{out}");
    }
}

#[test]
fn keys_of_a_variable_are_shown_and_changed_where_they_are_set() {
    let mut w = World::path();
    let key = "ab".repeat(32);
    w.vars.push(("AIDF_KEY".to_owned(), key));
    let shown = w.json(&["key", "show"]);
    assert_eq!(shown["file"], Value::Null);
    assert_eq!(shown["keys"][0]["state"], "active");
    let out = w.aidf(&["key", "rotate", "--json"]);
    assert_eq!(out.code, 2, "{out}");
    assert!(out.all().contains("AIDF_KEY"), "{out}");
}

#[test]
fn eight_rotations_at_once_leave_a_whole_ring_with_every_key() {
    let w = World::path();
    w.init();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| w.json(&["key", "rotate"]));
        }
    });
    assert_eq!(ids(&w, "active").len(), 1);
    assert_eq!(ids(&w, "previous").len(), 8);
    assert_eq!(save(&w, "a.txt")["signature"], "good");
}

#[test]
fn every_command_names_the_retired_key_of_a_token() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let [old] = ids(&w, "active").try_into().unwrap();
    w.json(&["key", "rotate"]);
    w.json(&["key", "retire", &old]);
    let words = format!("the key that sealed it, {old}, is retired");
    w.write("a.txt", "a\n");
    for args in [
        &["token", "inspect", &token][..],
        &["token", "revoke", &token],
        &["commit", "a.txt", "-m", "Add a"],
        &["sandbox", "init", "--strict", "--reuse-token", &token],
    ] {
        let out = w.aidf(args).exits(4);
        assert!(out.stderr.contains(&words), "{args:?}\n{out}");
        assert!(out.stderr.contains("hint: "), "{args:?}\n{out}");
    }
    let opened = w.json(&["sandbox", "init", "--reuse-token", &token]);
    assert_eq!(opened["token_rejected"], words.as_str());
}

#[test]
fn a_damaged_ring_is_told_with_what_to_do() {
    let w = World::path();
    w.init();
    let whole = std::fs::read(w.env.keys()).unwrap();
    std::fs::write(w.env.keys(), &whole[..whole.len() / 2]).unwrap();
    let out = w.aidf(&["sandbox", "init", "--json"]).exits(2);
    assert!(
        text(&out.error(), "hint").contains("a copy of the ring"),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn the_first_key_of_a_run_that_was_killed_is_the_next_ones() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    let elsewhere = Machine::bare(&w.remote);
    elsewhere.json(&["-R", &w.url, "token", "issue", "--branch", "sandbox-x"]);
    // What a kill leaves between the push and the moment at which the ring has its name.
    let left = w.env.config().join("aidf/keys.first");
    std::fs::create_dir_all(left.parent().unwrap()).unwrap();
    std::fs::copy(elsewhere.env.keys(), &left).unwrap();
    std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o600)).unwrap();
    let kept = std::fs::read(&left).unwrap();
    w.json(&["sandbox", "init"]);
    assert_eq!(std::fs::read(w.env.keys()).unwrap(), kept);
    assert!(!left.exists());
}
