//! No secret is in any output, error or journal, whatever the command and however it ends;
//! but for a token, as the result of the command that issues it.

use std::path::Path;

use base64::Engine;

use crate::support::{
    Asked, ForgeServer, Guarded, Kind, Out, Remote, Reply, claims, everything, some_of, text,
};

const FORGE: &str = "ghp_forgeforgeforgeforgeforgeforge1234";
const PASSWORD: &str = "pa55-of-the-url";
/// How a header of the web begins that carries one.
const LOGIN: &str = "Basic ";

/// The secrets at stake, and every form that they take on a wire.
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, name: &str, secret: &str) {
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        self.0.push((name.to_owned(), secret.to_owned()));
        self.0
            .push((format!("{name} in base64"), encode(secret.as_bytes())));
    }

    #[track_caller]
    fn are_not_in(&self, what: &str, text: &str) {
        for (name, secret) in &self.0 {
            assert!(
                !text.contains(secret.as_str()),
                "{name} is in {what}:\n{text}"
            );
        }
    }

    /// `but` is the one that this command is there to show.
    #[track_caller]
    fn are_not_said(&self, out: &Out, but: Option<&str>) {
        self.are_not_in("stderr", &out.stderr);
        match but {
            None => self.are_not_in("stdout", &out.stdout),
            Some(shown) => {
                assert!(out.stdout.contains(shown), "{out}");
                self.are_not_in("stdout", &out.stdout.replace(shown, ""));
            }
        }
    }

    /// Every file of these folders, but for those where secrets are kept.
    #[track_caller]
    fn are_in_no_file(&self, dir: &Path, kept: &[&str]) {
        for (path, content) in everything(dir) {
            let name = path.display().to_string();
            if kept.iter().any(|k| name.ends_with(k)) {
                continue;
            }
            self.are_not_in(&name, &String::from_utf8_lossy(&content));
        }
    }
}

/// The secret inside a key ring's file.
fn key_of(file: &Path) -> String {
    let ring: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    text(&ring["keys"][0], "secret")
}

#[test]
fn no_command_that_handles_a_secret_says_or_records_it() {
    for kind in some_of([Kind::Path, Kind::Http], 1) {
        let g = Guarded::new(kind, "");
        let w = &g.w;
        let mut secrets = Secrets(Vec::new());
        secrets.add("the key", &key_of(&g.key_file));
        secrets.add("the operator's token", &g.operator);
        secrets.add("the forge's token", FORGE);
        secrets.add("the password", PASSWORD);
        let held = g.token("sandbox-held");
        secrets.add("a sandbox's token", &held);
        for (name, user, secret) in [
            ("the login of the URL", "user", PASSWORD),
            ("the login of the forge's token", "x-access-token", FORGE),
        ] {
            secrets.add(name, &format!("{user}:{secret}"));
        }
        let past = g.seal(&claims(Some("sandbox-held"), 1, Some(2)), "widgets");
        secrets.add("an expired token", &past);
        let key = g.key_file.to_str().unwrap().to_owned();
        let bare = w.remote.bare.to_str().unwrap().to_owned();
        let call = |args: &[&str]| {
            w.call(args)
                .env("AIDF_FORGE_TOKEN", FORGE)
                .env("AIDF_KEY_FILE", &key)
        };
        // Tokens that a command issues are its result, and on stdout alone.
        for args in [
            &["token", "issue", "--operator"][..],
            &["token", "issue", "--branch", "sandbox-x", "-v"],
            &["sandbox", "init", "--force-new", "-v"],
        ] {
            for json in [true, false] {
                let mut all = args.to_vec();
                all.extend(json.then_some("--json"));
                let out = call(&all).run().ok();
                let from = out.stdout.find("aidf2.").unwrap();
                let end = out.stdout[from..]
                    .find(|c: char| c.is_whitespace() || c == '"')
                    .map_or(out.stdout.len(), |n| from + n);
                let issued = out.stdout[from..end].to_owned();
                secrets.are_not_said(&out, Some(&issued));
                assert!(!out.stderr.contains(&issued), "{out}");
                secrets.add("an issued token", &issued);
            }
        }
        w.write("s.txt", "s\n");
        let opened = w.json(&["sandbox", "init", "--force-new"]);
        let mine = text(&opened, "reuse_token");
        secrets.add("this clone's token", &mine);
        let with_password = w
            .remote
            .url
            .replacen("://", &format!("://user:{PASSWORD}@"), 1);
        let nowhere = format!("http://user:{PASSWORD}@127.0.0.1:1/widgets.git");
        let forge = format!("https://user:{PASSWORD}@127.0.0.1:1/a/b.git");
        let runs: Vec<Vec<&str>> = vec![
            vec!["commit", "s.txt", "-m", "Save"],
            vec!["commit", "s.txt", "-m", "Save", "--branch", "main"],
            vec!["commit", "s.txt", "-m", "x", "--reuse-token", &past],
            vec!["commit", "s.txt", "-m", "x", "--reuse-token", &held],
            // Typed where something else was asked for.
            vec!["commit", "s.txt", "-m", "x", "--branch", &held],
            vec!["commit", "s.txt", "-m", "x", "--expect-head", &held],
            vec!["sandbox", "show", &held],
            vec!["sandbox", "init", "--name", &held],
            vec!["rollback", &held],
            vec!["propose", &held],
            vec!["log", &held],
            vec!["backup", "restore", &held],
            vec!["-R", &held, "sandbox", "list"],
            vec!["sandbox", "list", &held],
            vec![&held],
            vec![
                "commit",
                "s.txt",
                "-m",
                "x",
                "--reuse-token",
                &g.operator,
                "--branch",
                "main",
            ],
            vec!["rollback", "--last", "1", "--reuse-token", &past],
            vec!["sandbox", "init", "--reuse-token", &past],
            vec!["sandbox", "init", "--strict", "--reuse-token", &past],
            vec!["sandbox", "init", "--strict", "--reuse-token", &g.operator],
            vec!["sandbox", "list"],
            vec!["log"],
            vec!["token", "inspect", &held],
            vec!["token", "inspect", &past],
            vec!["token", "inspect", &g.operator],
            vec!["token", "revoke", &held],
            vec!["token", "revoke", &past, "--reuse-token", &g.operator],
            vec!["token", "revoke", &held, "--reuse-token", &past],
            vec!["propose", "--provider", "bare"],
            vec!["propose", "--provider", "github"],
            vec!["-R", &bare, "protect", "plan", "--key-file", &key],
            vec!["-R", &bare, "protect", "apply", "--key-file", &key],
            vec!["-R", &bare, "protect", "check"],
            vec!["-R", &bare, "protect", "guide"],
            vec!["-R", &forge, "protect", "check", "--provider", "github"],
            vec!["-R", &forge, "protect", "apply", "--provider", "gitlab"],
            vec!["-R", &forge, "protect", "guide", "--provider", "gitea"],
            vec!["-R", &nowhere, "token", "inspect", &held],
            vec!["-R", &nowhere, "sandbox", "init"],
            vec!["-R", &nowhere, "sandbox", "list"],
            vec!["-R", &with_password, "sandbox", "list"],
            vec![
                "-R",
                &with_password,
                "propose",
                "--provider",
                "bare",
                "sandbox-no",
            ],
            vec!["backup"],
            vec!["backup", "--dest", &nowhere],
            vec!["backup", "prune", "--keep-last", "1"],
            vec!["hook", "pre-receive"],
        ];
        let mut failed = 0;
        for args in &runs {
            for more in [&["-v", "--timeout", "5"][..], &["--json", "--timeout", "5"]] {
                let mut all = args.clone();
                all.extend(more);
                for token in [None, Some(&g.operator), Some(&past)] {
                    let mut one = call(&all);
                    if let Some(token) = token {
                        one = one.env("AIDF_REUSE_TOKEN", token);
                    }
                    let out = one.stdin("").run();
                    failed += u32::from(out.code != 0);
                    assert!(!out.stderr.contains("panicked"), "{out}");
                    assert!(!out.all().contains(LOGIN), "{out}");
                    // A new sandbox brings a token of its own.
                    let shown = args.contains(&"init") && out.code == 0;
                    let issued = shown
                        .then(|| out.stdout.find("aidf2."))
                        .flatten()
                        .map(|from| {
                            let rest = &out.stdout[from..];
                            let end = rest.find(|c: char| c.is_whitespace() || c == '"');
                            rest[..end.unwrap_or(rest.len())].to_owned()
                        });
                    secrets.are_not_said(&out, issued.as_deref());
                }
            }
        }
        assert!(failed > 40, "too few runs failed: {failed}");
        // What a plain pusher sees, with git's own words.
        w.plain(&[("plain.txt", "p\n")], "Mine");
        let out = g.push(w, &[&past, &held], &["HEAD:refs/heads/main"]);
        assert_ne!(out.code, 0, "{out}");
        secrets.are_not_said(&out, None);
        // Journals and caches of this machine, and all of the server's repository.
        let kept = ["keys.json", "session.json"];
        secrets.are_in_no_file(&w.env.home(), &kept);
        secrets.are_in_no_file(&w.remote.bare, &kept);
        let journal = w.env.state().join("aidf/journal.jsonl");
        assert!(std::fs::read_to_string(journal).unwrap().lines().count() > 20);
        assert!(g.journal().len() > 10);
    }
}

#[test]
fn a_key_in_the_environment_is_never_repeated() {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let w = crate::support::Machine::new(&remote);
    let good = "5ec4e7".repeat(12);
    let bad = "5ec4e7-that-is-no-key";
    let bare = remote.bare.to_str().unwrap();
    for key in [good.as_str(), bad] {
        let mut secrets = Secrets(Vec::new());
        secrets.add("the key", key);
        for args in [
            &["token", "issue", "--operator"][..],
            &["sandbox", "init"],
            &["sandbox", "list"],
            &["log", "sandbox"],
            &["-R", bare, "protect", "apply"],
            &["-R", bare, "protect", "check"],
        ] {
            for more in ["-v", "--json"] {
                let mut all = args.to_vec();
                all.push(more);
                let out = w.call(&all).env("AIDF_KEY", key).run();
                assert_eq!(out.code == 2, key == bad, "{out}");
                secrets.are_not_said(&out, None);
            }
        }
        // The hook, as git starts it.
        let mut hook = w.env.call(&remote.bare, &["hook", "pre-receive"]);
        hook = hook.env("GIT_DIR", ".").env("AIDF_KEY", key);
        let zero = "0".repeat(40);
        let line = format!("{zero} {} refs/heads/main\n", remote.tip("main"));
        secrets.are_not_said(&hook.stdin(line).run(), None);
        secrets.are_in_no_file(&w.env.home(), &[]);
        secrets.are_in_no_file(&remote.bare, &[]);
    }
}

#[test]
fn a_forge_that_repeats_our_own_header_is_not_quoted() {
    // A proxy's error page with the request in it, as some have.
    let server = ForgeServer::start(|asked: &Asked| {
        let header = asked.header("authorization").unwrap_or_default().to_owned();
        let token = asked.header("private-token").unwrap_or_default().to_owned();
        Reply::json(
            403,
            serde_json::json!({"message": format!("denied: authorization: {header} {token}")}),
        )
    });
    let remote = Remote::new(Kind::Http, "acme/widgets", true);
    let w = crate::support::Machine::new(&remote);
    let mut secrets = Secrets(Vec::new());
    secrets.add("the forge's token", FORGE);
    let mut heard = 0;
    for provider in ["github", "gitlab", "gitea"] {
        w.env.operator_config(&format!(
            "forge:\n  hosts: {{127.0.0.1: {provider}}}\n  api_url: '{}'\n",
            server.base()
        ));
        for args in [
            &["protect", "check"][..],
            &["protect", "apply"],
            &["protect", "remove"],
        ] {
            for more in ["-v", "--json"] {
                let mut all = args.to_vec();
                all.extend([more, "--timeout", "5"]);
                let out = w.call(&all).env("AIDF_FORGE_TOKEN", FORGE).run();
                assert_ne!(out.code, 0, "{out}");
                secrets.are_not_said(&out, None);
                heard += u32::from(out.all().contains("denied: authorization"));
            }
        }
    }
    assert!(heard > 6, "the forge's words were not passed on: {heard}");
    secrets.are_in_no_file(&w.env.home(), &[]);
}
