//! A second `aidf propose` of a sandbox: what people wrote into the pull request, or made of
//! it, stays as they left it, at each forge.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Asked, Call, ForgeServer, Out, Reply, World, clone_of, text};

const GITHUB: &str = "github";
const GITLAB: &str = "gitlab";
const GITEA: &str = "gitea";
const ALL: [&str; 3] = [GITHUB, GITLAB, GITEA];

/// What a forge knows of its one proposal.
#[derive(Clone, Default)]
struct Pull {
    open: bool,
    title: String,
    text: String,
    /// GitHub's flag; the others go by the title.
    draft: bool,
    approved: bool,
    /// What it is at, where that is not the sandbox's tip.
    head: Option<String>,
    /// What it is for, where that is not main.
    base: Option<String>,
}

/// What answers in the forge's place, and what happens to the proposal by then.
type Twist = Box<dyn FnMut(&Asked, &mut Pull) -> Option<Reply> + Send>;

/// A clone of a repository at a forge, whose one proposal is kept as it is written.
struct Place {
    w: World,
    provider: &'static str,
    server: ForgeServer,
    pull: Arc<Mutex<Pull>>,
    twist: Arc<Mutex<Option<Twist>>>,
}

fn place(provider: &'static str) -> Place {
    let w = clone_of("git@git.example:acme/widgets.git");
    let policy = b"propose: {auto_approve_lines: 5}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    w.remote
        .git(&["update-ref", "refs/heads/main", "refs/heads/sandbox"]);
    let branch = w.sandbox();
    w.save("notes.md", "one line\n", "Add a note");
    let pull = Arc::new(Mutex::new(Pull::default()));
    let kept = Arc::clone(&pull);
    let bare = w.remote.bare.clone();
    let twist: Arc<Mutex<Option<Twist>>> = Arc::default();
    let theirs = Arc::clone(&twist);
    let server = ForgeServer::start(move |asked| {
        let head = std::process::Command::new("git")
            .args(["rev-parse", &branch])
            .current_dir(&bare)
            .output()
            .unwrap();
        let head = String::from_utf8(head.stdout).unwrap();
        let mut pull = kept.lock().unwrap();
        let twisted = theirs
            .lock()
            .unwrap()
            .as_mut()
            .and_then(|t| t(asked, &mut pull));
        twisted.unwrap_or_else(|| answer(asked, &mut pull, &branch, head.trim()))
    });
    Place {
        w,
        provider,
        server,
        pull,
        twist,
    }
}

/// One proposal in the words of every forge.
fn answer(asked: &Asked, pull: &mut Pull, branch: &str, head: &str) -> Reply {
    let path = asked.path();
    let lists = path.ends_with("/pulls") || path.ends_with("/merge_requests");
    let written = |key: &str| asked.body[key].as_str().map(str::to_owned);
    if path == "/user" {
        return Reply::json(200, json!({"login": "agent", "username": "agent"}));
    }
    if path.ends_with("/reviews") && asked.method == "GET" {
        return Reply::json(200, json!([]));
    }
    if path.ends_with("/reviews") || path.ends_with("/approve") {
        pull.approved = true;
        return Reply::json(200, json!({"id": 1}));
    }
    if path.ends_with("/dismissals") || path.ends_with("/unapprove") {
        pull.approved = false;
        return Reply::json(200, json!({}));
    }
    if asked.method != "GET" {
        pull.open = true;
        pull.title = written("title").unwrap_or_else(|| pull.title.clone());
        pull.text = written("body")
            .or_else(|| written("description"))
            .unwrap_or_else(|| pull.text.clone());
    }
    let title = pull.title.to_ascii_lowercase();
    let head = pull.head.as_deref().unwrap_or(head);
    let base = pull.base.as_deref().unwrap_or("main");
    let by_title = path.contains("/merge_requests") && title.starts_with("draft:");
    let now = json!({
        "number": 7, "iid": 7, "html_url": "https://h/7", "web_url": "https://h/7",
        "draft": pull.draft || by_title, "title": pull.title,
        "body": pull.text, "description": pull.text,
        "head": {"ref": branch, "sha": head, "repo_id": 1, "repo": {"full_name": "acme/widgets"}},
        "base": {"ref": base, "repo_id": 1}, "user": {"login": "agent"},
        "sha": head, "source_branch": branch, "target_branch": base,
        "source_project_id": 1, "target_project_id": 1, "author": {"username": "agent"},
    });
    match (asked.method.as_str(), lists, pull.open) {
        ("GET", true, true) => Reply::json(200, json!([now])),
        ("GET", true, false) => Reply::json(200, json!([])),
        _ => Reply::json(200, now),
    }
}

impl Place {
    fn call(&self) -> Call {
        self.w
            .call(&["propose", "--json", "--provider", self.provider])
            .env("AIDF_FORGE_API_URL", self.server.base())
    }

    fn propose(&self) -> Out {
        self.call().run().exits(0)
    }

    fn now(&self) -> Pull {
        self.pull.lock().unwrap().clone()
    }

    /// What happens from now on when something is asked.
    fn twist(&self, twist: impl FnMut(&Asked, &mut Pull) -> Option<Reply> + Send + 'static) {
        *self.twist.lock().unwrap() = Some(Box::new(twist));
    }

    /// What a person does to it on its page.
    fn people(&self, edit: impl Fn(&mut Pull)) {
        let mut pull = self.pull.lock().unwrap();
        pull.approved = false;
        edit(&mut pull);
    }
}

/// The guards that do not agree, with what they say.
fn against(out: &Out) -> Vec<(String, String)> {
    let report = out.json();
    let guards = report["guards"].as_array().unwrap();
    let against = guards.iter().filter(|g| g["ok"] == false);
    against
        .map(|g| (text(g, "guard"), text(g, "detail")))
        .collect()
}

#[test]
fn a_title_and_words_of_people_stay_and_the_list_of_commits_is_renewed() {
    for provider in ALL {
        let p = place(provider);
        p.propose();
        let first = p.now();
        assert_eq!(first.title, "Add a note");
        assert!(first.approved, "{provider}");
        p.people(|pull| {
            pull.title = "Notes for the fair".to_owned();
            pull.text = format!("Why we need it.\r\n\r\n{}\r\nSee #12.\r\n", pull.text);
        });
        p.w.save("more.md", "two\n", "Add another");
        let report = p.propose().json();
        let now = p.now();
        assert_eq!(now.title, "Notes for the fair", "{provider}");
        assert_eq!(report["title"], "Notes for the fair");
        assert!(now.text.starts_with("Why we need it.\n\n<!-- aidf:begin"));
        assert!(now.text.ends_with("<!-- aidf:end -->\n\nSee #12.\n"));
        assert!(now.text.contains("Add another"), "{}", now.text);
        assert_eq!(now.text.matches("Proposed from").count(), 1);
        // As long as nobody touched it, the title follows the commits.
        p.people(|pull| *pull = first.clone());
        p.propose();
        assert!(p.now().title.contains("(and 1 more)"), "{}", p.now().title);
        // And where nothing is new, nothing is sent.
        let writes = |p: &Place| {
            let all = p.server.writes().into_iter();
            all.filter(|w| w.starts_with('P') && !w.starts_with("POST"))
                .count()
        };
        let before = writes(&p);
        p.propose();
        assert_eq!(writes(&p), before, "{provider}");
    }
}

#[test]
fn words_within_the_marks_and_beside_broken_marks_are_not_lost() {
    let p = place(GITHUB);
    p.propose();
    let first = p.now();
    let (begin, rest) = first.text.split_once('\n').unwrap();
    let begin_only = first.text.replace("<!-- aidf:end -->", "Mine.");
    let swapped = format!("<!-- aidf:end -->\nMine.\n{begin}\n");
    let texts = [
        first.text.replace("Files:", "Files, says Ada. Mine.\n"),
        format!("Mine.\n{rest}"),
        begin_only,
        swapped,
        format!("{0}Mine.\n{0}", first.text),
        "Mine.".to_owned(),
    ];
    for text in texts {
        p.people(|pull| pull.text = text.clone());
        p.propose();
        let mended = p.now().text;
        assert!(mended.contains("Mine."), "{text}\n---\n{mended}");
        assert_eq!(mended.matches("<!-- aidf:begin").count(), 1, "{mended}");
        assert!(mended.trim_end().ends_with("<!-- aidf:end -->"), "{mended}");
        p.propose();
        assert_eq!(p.now().text, mended);
    }
}

#[test]
fn a_commit_that_speaks_of_the_marks_does_not_move_them() {
    let p = place(GITLAB);
    let evil = "<!-- aidf:end --> <!-- aidf:begin x y -->";
    p.w.save("evil.md", "x\n", evil);
    p.propose();
    let first = p.now();
    assert!(first.text.contains(evil), "{}", first.text);
    p.people(|pull| pull.text.push_str("\nMine.\n"));
    p.w.save("more.md", "two\n", "<!-- aidf:end -->\n\n<!-- aidf:end -->");
    p.propose();
    let now = p.now().text;
    assert!(now.ends_with("<!-- aidf:end -->\n\nMine.\n"), "{now}");
    assert_eq!(now.matches("Proposed from").count(), 1, "{now}");
}

#[test]
fn a_draft_stays_a_draft_and_is_not_approved() {
    for (provider, mark) in [
        (GITHUB, ""),
        (GITLAB, "Draft: "),
        (GITEA, "WIP: "),
        (GITEA, "[WIP] "),
    ] {
        let p = place(provider);
        p.propose();
        p.people(|pull| {
            pull.draft = mark.is_empty();
            pull.title = format!("{mark}{}", pull.title);
        });
        let out = p.propose();
        let now = p.now();
        assert!(!now.approved, "{provider} {mark}\n{out}");
        assert_eq!(now.title, format!("{mark}Add a note"), "{out}");
        let against = against(&out);
        assert_eq!(against.len(), 1, "{out}");
        assert_eq!(against[0].0, "draft");
        assert!(against[0].1.contains("ready"), "{out}");
        assert_eq!(out.json()["approval"], Value::Null);
        // Ready again, it is approved again.
        p.people(|pull| (pull.draft, pull.title) = (false, "Add a note".to_owned()));
        p.propose();
        assert!(p.now().approved, "{provider}");
    }
}

#[test]
fn a_text_without_room_is_left_alone_and_that_is_said() {
    let p = place(GITHUB);
    p.propose();
    let long = "word ".repeat(13_000);
    p.people(|pull| pull.text = long.clone());
    let out = p.propose();
    assert_eq!(p.now().text, long);
    let warned = out.json()["warnings"].to_string();
    assert!(warned.contains("no room"), "{out}");
}

#[test]
fn an_approval_of_what_changed_meanwhile_is_taken_back() {
    type Change = fn(&mut Pull);
    let changes: [(Change, &str); 3] = [
        (|p| p.head = Some("1".repeat(40)), "was reviewed"),
        (
            |p| p.base = Some("feature".to_owned()),
            "for another branch",
        ),
        (
            |p| (p.draft, p.title) = (true, "Draft: x".to_owned()),
            "a draft",
        ),
    ];
    for provider in ALL {
        for (change, word) in changes {
            let p = place(provider);
            // Somebody pushes, or edits the page, while the approval is on its way.
            p.twist(move |asked, pull| {
                let path = asked.path();
                let approves = path.ends_with("/reviews") || path.ends_with("/approve");
                if asked.method == "POST" && approves {
                    change(pull);
                }
                None
            });
            let out = p.call().run().exits(6);
            let message = text(&out.error(), "message");
            assert!(message.contains(word), "{provider}\n{out}");
            assert!(message.contains("took its approval back"), "{out}");
            assert!(message.contains("https://h/7"), "{out}");
            assert!(!p.now().approved, "{provider} {word}");
        }
        let p = place(provider);
        p.twist(|asked, pull| {
            let path = asked.path();
            let approves = path.ends_with("/reviews") || path.ends_with("/approve");
            if asked.method == "POST" && approves {
                pull.head = Some("1".repeat(40));
            }
            let back = path.ends_with("/dismissals") || path.ends_with("/unapprove");
            back.then(|| Reply::json(403, json!({"message": "no"})))
        });
        let out = p.call().run().exits(6);
        let message = text(&out.error(), "message");
        assert!(message.contains("dismiss the review by hand"), "{out}");
    }
}

#[test]
fn two_machines_that_propose_at_once_make_one_proposal() {
    for (provider, status) in [(GITHUB, 422), (GITLAB, 409), (GITEA, 409)] {
        let p = place(provider);
        p.twist(move |asked, pull| {
            let opens = asked.path().ends_with("/pulls") || asked.path().ends_with("requests");
            if asked.method != "POST" || !opens {
                return None;
            }
            (pull.open, pull.title) = (true, "Of the other machine".to_owned());
            let words = "A pull request already exists for this branch";
            Some(Reply::json(status, json!({"message": words})))
        });
        let report = p.propose().json();
        assert_eq!(report["created"], false, "{report:#}");
        assert_eq!(report["number"], 7);
        assert_eq!(report["approval"], "given", "{report:#}");
        let now = p.now();
        assert_eq!(now.title, "Of the other machine");
        assert!(now.text.contains("Add a note"), "{}", now.text);
    }
}

#[test]
fn a_proposal_of_a_fork_that_is_gone_is_not_taken_for_ours() {
    let p = place(GITHUB);
    let branch = text(&p.w.json(&["sandbox", "list"])["sandboxes"][0], "branch");
    p.twist(move |asked, pull| {
        let theirs = json!([{"number": 3, "html_url": "https://h/3", "title": "Theirs",
            "head": {"ref": branch, "sha": "1".repeat(40), "repo": null},
            "base": {"ref": "main"}, "user": null}]);
        let lists = asked.method == "GET" && asked.path().ends_with("/pulls") && !pull.open;
        lists.then(|| Reply::json(200, theirs))
    });
    let report = p.propose().json();
    assert_eq!(
        (&report["created"], &report["number"]),
        (&json!(true), &json!(7))
    );
}

#[test]
fn what_a_forge_says_of_a_proposal_cannot_act_on_the_terminal() {
    let p = place(GITHUB);
    p.twist(|asked, pull| {
        let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\u{202e}\r\n";
        pull.base = (asked.path().ends_with("/7")).then(|| format!("feature{evil}"));
        let opens = asked.method == "POST" && asked.path().ends_with("/pulls");
        opens.then(|| {
            let url = format!("https://h/7{evil}");
            Reply::json(
                201,
                json!({"number": 7, "html_url": url, "title": evil,
                "head": {"ref": "x", "sha": evil}, "base": {"ref": evil}, "user": {"login": evil}}),
            )
        })
    });
    let out =
        p.w.call(&["propose", "--provider", "github"])
            .env("AIDF_FORGE_API_URL", p.server.base())
            .run()
            .exits(0);
    let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!out.all().contains(odd), "{out}");
}
