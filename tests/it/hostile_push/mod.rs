//! What a hostile writer tries by plain git pushes, with a token and without: each hole by
//! name. What an honest one does must go on working beside it.

mod content;
mod idle;
mod ledgers;
mod names;
mod openings;
mod records;
mod sizes;

use crate::support::{Guarded, Kind, Machine};

/// A file that nobody writes on a sandbox.
const CI: &str = ".github/workflows/ci.yml";
const ADA: &str = "HEAD:refs/heads/sandbox-ada";

fn now() -> i64 {
    aidf::clock::Moment::now().seconds()
}

/// A guarded remote with a holder's sandbox, checked out on a machine of theirs.
fn held(policy: &str) -> (Guarded, Machine, String) {
    let g = Guarded::new(Kind::Path, policy);
    let holder = g.w.other();
    let token = g.token("sandbox-ada");
    holder.at("sandbox");
    g.passes(&holder, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
    (g, holder, token)
}

/// A commit of this tree on these parents, checked out on no branch.
fn made(machine: &Machine, tree: &str, parents: &[&str]) -> String {
    let mut args = vec!["commit-tree", tree, "-m", "Made by hand"];
    for parent in parents {
        args.extend(["-p", parent]);
    }
    let id = machine.git(&args);
    machine.git(&["checkout", "--quiet", "--force", "--detach", &id]);
    id
}

/// What an object's name stands for.
fn id(machine: &Machine, name: &str) -> String {
    machine.git(&["rev-parse", "--verify", name])
}
