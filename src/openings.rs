//! The refs that tell when a sandbox was opened, and for which pod:
//! `refs/aidf/opened/<branch>/<time>`, with `.<pod>` after the time where its token has one.
//! All of it is in the name, so that a list of the refs tells it of all sandboxes at once.
//! `<pod>` is the first eight hexadecimal digits of the SHA-256 of the pod's name. Pure.

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::files::short_digest;
use crate::names;
use crate::policy::{PATH, Policy};
use crate::ref_rules::OPENED;
use std::collections::HashSet;

/// How messages name the rule of the quota.
pub const RULE: &str = "quota.open_sandboxes";

/// What the name of such a ref tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening<'a> {
    /// The sandbox.
    pub branch: &'a str,
    /// When it was opened.
    pub time: Moment,
    /// The pod, as [`tag`] has it.
    pub pod: Option<&'a str>,
}

/// How a pod stands in the name of a ref.
pub fn tag(pod: &str) -> String {
    let mut digits = short_digest(pod);
    digits.truncate(8);
    digits
}

/// The ref that tells of an opening.
pub fn name(branch: &str, time: Moment, pod: Option<&str>) -> String {
    let time = time.compact();
    match pod {
        Some(pod) => format!("{OPENED}{branch}/{time}.{}", tag(pod)),
        None => format!("{OPENED}{branch}/{time}"),
    }
}

/// Reads the name of a ref; none for any other ref.
pub fn read(name: &str) -> Option<Opening<'_>> {
    read_rest(name.strip_prefix(OPENED)?)
}

/// The same, of what follows the prefix.
pub fn read_rest(rest: &str) -> Option<Opening<'_>> {
    let (branch, last) = rest.rsplit_once('/')?;
    let (time, pod) = match last.split_once('.') {
        Some((time, pod)) => (time, Some(pod)),
        None => (last, None),
    };
    let is_tag =
        |t: &str| t.len() == 8 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_sound = names::is_sandbox(branch) && pod.is_none_or(is_tag);
    let time = Moment::from_stamp(time).filter(|_| is_sound)?;
    Some(Opening { branch, time, pod })
}

/// Refuses one more sandbox of a pod that has as many open as it may. `is_open` tells whether a sandbox is there.
///
/// Errors: denied, with the rule.
pub fn check_quota<'a>(
    policy: &Policy,
    pod: Option<&str>,
    openings: impl Iterator<Item = Opening<'a>>,
    is_open: impl Fn(&str) -> Result<bool>,
) -> Result<()> {
    let Some(most) = policy.open_sandboxes() else {
        return Ok(());
    };
    let own = pod.map(tag);
    let mut open: HashSet<&str> = HashSet::new();
    for opening in openings.filter(|opening| opening.pod == own.as_deref()) {
        if is_open(opening.branch)? {
            open.insert(opening.branch);
        }
    }
    if (open.len() as u64) < most {
        return Ok(());
    }
    let who = match pod {
        Some(pod) => format!("the pod {pod} has"),
        None => "tokens without a pod have".to_owned(),
    };
    Err(Error::new(
        Kind::Denied,
        format!(
            "{who} {} open, and may have {most} (rule: {RULE})",
            crate::words::count(open.len(), "sandbox", "sandboxes")
        ),
    )
    .hint(format!(
        "close one with `aidf sandbox close`; an operator may raise the quota in {PATH} on the base branch"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    #[test]
    fn a_name_tells_what_it_was_made_of() {
        let time = Moment::from_seconds(1_795_342_272);
        for pod in [None, Some("DocPod")] {
            let name = name("sandbox-a-b", time, pod);
            let read = read(&name).unwrap();
            assert_eq!((read.branch, read.time), ("sandbox-a-b", time));
            assert_eq!(read.pod.map(str::to_owned), pod.map(tag));
        }
        for other in [
            "refs/aidf/opened/sandbox-a-b",
            "refs/aidf/opened/main/2026-11-22T101112Z",
            "refs/aidf/opened/sandbox-a-b/2026-11-22T101112Z.",
            "refs/aidf/opened/sandbox-a-b/2026-11-22T101112Z.0123456",
            "refs/aidf/opened/sandbox-a-b/2026-11-22T101112Z.0123456G",
            "refs/aidf/opened/sandbox-a-b/now",
            "refs/heads/sandbox-a-b",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_open_sandboxes_of_the_same_pod_count() {
        let file = "pods: {A: {quota: {open_sandboxes: 2}}, '*': {quota: {open_sandboxes: 1}}}";
        let file = crate::yaml::read::<PolicyFile>(file).unwrap();
        let policy = Policy::new(&file, &PolicyFile::default(), "sandbox", None);
        let time = Moment::from_seconds(1_795_342_272);
        let refs = [
            name("sandbox-a-1", time, Some("A")),
            name(
                "sandbox-a-1",
                Moment::from_seconds(1_795_342_999),
                Some("A"),
            ),
            name("sandbox-a-gone", time, Some("A")),
            name("sandbox-b-1", time, Some("B")),
            name("sandbox-n-1", time, None),
        ];
        let check = |pod, more: &[String]| {
            let all = refs.iter().chain(more).filter_map(|name| read(name));
            let bound = policy.of_pod(pod);
            check_quota(&bound, pod, all, |branch| Ok(!branch.ends_with("gone")))
        };
        assert!(check(Some("A"), &[]).is_ok());
        let more = [name("sandbox-a-2", time, Some("A"))];
        let refused = check(Some("A"), &more).unwrap_err();
        assert!(
            refused.message().contains("A has 2 sandboxes open"),
            "{refused:?}"
        );
        assert!(check(Some("B"), &[]).is_err());
        assert!(check(None, &[]).is_err());
        assert!(check(Some("C"), &[]).is_ok());
    }
}
