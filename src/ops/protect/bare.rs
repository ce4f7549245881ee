//! A self-hosted server: installs the hook and the receive settings in a bare repository on
//! this machine.

use super::hook_file::{
    MARK, edited, is_as_written, is_executable, is_named_and_placed, is_own, is_readable_there,
    owner_of, place_for, program_of, put_back_by_hand, script,
};
use super::steps::Step;
use super::trust::{self, Trusted};
use super::{Changes, Request, Surveyed, path_of};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::real;
use crate::forge::{BACKUPS, DesiredRules, Rule, RuleState, State};
use crate::git::Store;
use crate::keys::{KeyRing, KeySource};
use crate::ops::hook::{BASE, ENFORCE, KEY_FILE, REPO_NAME, is_off, key_source, name_of};
use std::path::PathBuf;

/// The branches of the holder-only rule: only the holder of a sandbox's token writes the
/// sandbox.
const SANDBOXES: &str = "sandbox-*";
/// The setting that names the settings that we made, so that they can be undone.
pub(super) const MADE: &str = "aidf.made";
/// The setting that holds the earlier values of those settings, as `name=value`.
pub(super) const EARLIER: &str = "aidf.earlier";
/// Push options carry the token; every pushed object is checked (git-config(1)).
const SETTINGS: [(&str, &str); 2] = [
    ("receive.advertisepushoptions", "true"),
    ("receive.fsckobjects", "true"),
];

/// A bare repository on this machine.
pub(super) struct Server<'a> {
    pub(super) cx: &'a Context,
    pub(super) store: Store,
}

impl<'a> Server<'a> {
    /// Opens the server's repository.
    ///
    /// Errors: usage, for a repository that is not on this machine, or not bare.
    pub fn open(cx: &'a Context) -> Result<Server<'a>> {
        let store = Store::open_server(&path_of(cx)?, cx.store.programs())?;
        Ok(Server { cx, store })
    }

    pub(super) fn hook(&self) -> PathBuf {
        self.store.hooks().join("pre-receive")
    }

    /// The text of the installed hook; `None` if there is none. A hook that is not text,
    /// such as a compiled program, is returned too, with invalid bytes replaced.
    ///
    /// Errors: internal, for a hook that cannot be read.
    fn installed(&self) -> Result<Option<String>> {
        match std::fs::read(self.hook()) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(e) => match self.hook().symlink_metadata() {
                Err(_) => Ok(None),
                Ok(_) => Err(Error::new(
                    Kind::Internal,
                    format!("{} cannot be read", self.hook().display()),
                )
                .caused_by(e)),
            },
        }
    }

    /// Whether this hook is aidf's own, and runs.
    fn runs(&self, there: Option<&str>) -> bool {
        let ours = there.is_some_and(|t| t.contains(MARK) && is_as_written(t));
        ours && program_of(there).is_some() && is_executable(&self.hook()) && !is_off(&self.store)
    }

    /// The same of the hook that is installed.
    ///
    /// Errors: internal, for a hook that cannot be read.
    pub fn has_hook(&self) -> Result<bool> {
        Ok(self.runs(self.installed()?.as_deref()))
    }

    pub fn survey(
        &self,
        request: &Request,
        wanted: &DesiredRules,
    ) -> Result<(Surveyed, Vec<String>)> {
        let program = request.program.as_deref().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "no program was given for the server's hook to run",
            )
        })?;
        let script = script(program)?;
        let (mut steps, mut warnings) = (Vec::new(), Vec::new());
        let there = self.installed()?;
        let ours = there.as_deref().is_some_and(|t| t.contains(MARK));
        // An additional line, such as `exit 0`, could make the hook decide nothing.
        let unedited = there.as_deref().is_some_and(is_as_written);
        let off = is_off(&self.store);
        let runs = self.runs(there.as_deref());
        if there.as_deref() != Some(&script) || !is_executable(&self.hook()) {
            if let Some(text) = there.as_deref().filter(|_| !ours) {
                steps.push(Step::KeepHook(place_for(text)));
                warnings.extend(is_named_and_placed(text));
            }
            if ours && !unedited {
                steps.push(Step::KeepEdited(edited(self.cx.now)));
            }
            steps.push(Step::WriteHook(script));
        }
        let on = |name: &str| {
            self.store.setting(name).is_some_and(|v| {
                ["true", "1", "yes", "on"].contains(&v.to_ascii_lowercase().as_str())
            })
        };
        if off {
            steps.push(Step::Set(ENFORCE, None));
        }
        for (name, value) in SETTINGS {
            if !on(name) {
                steps.push(Step::Set(name, Some(value.to_owned())));
            }
        }
        self.own_settings(request, &mut steps)?;
        steps.extend(self.identity(&mut warnings)?);
        for name in ["receive.denynonfastforwards", "receive.denydeletes"] {
            if on(name) {
                warnings.push(format!("{name} is set: it covers the whole repository, so it also refuses a holder who forces or deletes their own sandbox"));
            }
        }
        if !is_own(self.store.git_dir()) {
            warnings.push("the repository belongs to another account: run this as that account, or its git may be unable to read what aidf writes".to_owned());
        }
        if let Some(shared) = self
            .store
            .setting("core.hookspath")
            .filter(|p| !p.is_empty())
        {
            warnings.push(format!(
                "core.hooksPath is {shared}: a hook there runs for every repository that uses that folder"
            ));
        }
        let keyed = self.has_key(&mut warnings);
        let source = self.key_source();
        let program = program_of(there.as_deref());
        let bypass = trust::find_bypass(&Trusted {
            git_dir: self.store.git_dir(),
            hooks: &self.store.hooks(),
            program: program.as_deref(),
            key: source.file.as_deref().or(Some(&source.ring)),
        });
        if let Some(why) = bypass.as_ref().filter(|_| runs) {
            warnings.push(format!("the rules are advisory: {why}"));
        }
        let hold = |extra: Option<&str>| match (runs, extra, &bypass) {
            (false, ..) if there.is_some() && !ours => (
                State::Missing,
                "a pre-receive hook is there, and it is not aidf's".to_owned(),
            ),
            (false, ..) if off => (
                State::Missing,
                format!("the hook is switched off here: {ENFORCE} is false"),
            ),
            (false, ..) => (
                State::Missing,
                "the hook is not installed, or cannot run".to_owned(),
            ),
            (true, Some(lacking), _) => (State::Missing, lacking.to_owned()),
            (true, None, Some(_)) => (
                State::Advisory,
                "enforced by the hook, which can be bypassed".to_owned(),
            ),
            (true, None, None) => (
                State::Enforced,
                "enforced by the pre-receive hook".to_owned(),
            ),
        };
        let mut rules = Vec::new();
        let mut rule = |rule: Rule, branch: &str, extra: Option<&str>| {
            let (state, detail) = hold(extra);
            rules.push(RuleState {
                rule,
                branch: branch.to_owned(),
                state,
                detail,
            });
        };
        // Without push options, no operator and no holder can show a token.
        let options = (!on(SETTINGS[0].0)).then_some("receive.advertisePushOptions is not set");
        for branch in &wanted.reviewed {
            for name in [Rule::Review, Rule::NoForce, Rule::NoDeletion] {
                rule(name, branch, None);
            }
            for (name, asked) in [
                (Rule::SignedCommits, wanted.signed_commits),
                (Rule::StatusChecks, !wanted.status_checks.is_empty()),
                (Rule::CodeOwners, wanted.code_owners),
            ] {
                if asked {
                    rule(
                        name,
                        branch,
                        Some("a server without a forge cannot require it"),
                    );
                }
            }
        }
        rule(Rule::CreateOnly, BACKUPS, None);
        rule(Rule::NoDeletion, BACKUPS, None);
        let lacking = match keyed {
            false => Some(
                "the server has no key to read tokens with: run `aidf protect apply --key-file FILE`",
            ),
            true => options,
        };
        rule(Rule::HolderOnly, SANDBOXES, lacking);
        let seen = Surveyed {
            rules,
            changes: Changes::Bare(steps),
            blocked: None,
        };
        Ok((seen, warnings))
    }

    /// The settings that the hook needs because it cannot find their values by itself.
    fn own_settings(&self, request: &Request, steps: &mut Vec<Step>) -> Result<()> {
        let made = self.store.own_settings(MADE);
        let mut want = |name: &'static str, value: Option<String>| match value {
            Some(value) if self.store.setting(name).as_ref() != Some(&value) => {
                steps.push(Step::Set(name, Some(value)));
            }
            // A setting of an earlier apply that is not wanted any more would mislead the
            // hook.
            None if name != KEY_FILE && made.iter().any(|m| m == name) => {
                steps.push(Step::Set(name, None));
            }
            _ => {}
        };
        let key_file = request.key_file.as_ref().map(|f| self.cx.dir.join(f));
        let key = match &key_file {
            Some(file) => {
                let file = std::path::absolute(file).or_fail(Kind::Usage, || {
                    format!("the key file {} cannot be used", file.display())
                })?;
                let owner = owner_of(self.store.git_dir());
                if !file.is_file() {
                    return Err(Error::new(
                        Kind::NotFound,
                        format!("there is no key file {}", file.display()),
                    )
                    .hint("copy the operator's key ring there, so that only the server's account can read it"));
                }
                // A hook that cannot read its key refuses every push.
                let source = KeySource {
                    inline: None,
                    file: Some(file.clone()),
                    ring: PathBuf::new(),
                };
                let ring = KeyRing::load_for(&source, owner)?;
                if ring.is_empty() {
                    return Err(Error::new(
                        Kind::Usage,
                        format!("the key file {} contains no key", file.display()),
                    )
                    .hint("copy the operator's key ring there"));
                }
                Some(file.display().to_string())
            }
            // Name the key file. Then a hook that cannot find its account's home folder
            // refuses the push. It does not treat the server as one without a key.
            None if self.store.setting(KEY_FILE).is_none() && is_own(self.store.git_dir()) => {
                let keys = &self.cx.config.keys;
                let file = keys.file.as_ref().unwrap_or(&keys.ring);
                file.is_file().then(|| file.display().to_string())
            }
            None => None,
        };
        want(KEY_FILE, key);
        let base = self.cx.config.base.clone();
        want(
            BASE,
            Some(base).filter(|b| b != crate::config::DEFAULT_BASE),
        );
        let named = self.cx.repo_name.clone();
        want(
            REPO_NAME,
            Some(named).filter(|n| *n != name_of(self.store.git_dir())),
        );
        Ok(())
    }

    /// Whether the hook has a key. If the hook runs as another account, this says only what
    /// can be seen from here.
    fn has_key(&self, warnings: &mut Vec<String>) -> bool {
        if self.store.setting(KEY_FILE).is_none() && !is_own(self.store.git_dir()) {
            // The hook runs as another account, and looks for that account's key.
            return false;
        }
        let source = self.key_source();
        if let Some(file) = source
            .file
            .as_ref()
            .filter(|f| !is_readable_there(f, self.store.git_dir()))
        {
            warnings.push(format!(
                "the key file {} does not belong to the account that owns the repository, so the hook may be unable to read it",
                file.display()
            ));
            return false;
        }
        match KeyRing::load_for(&source, owner_of(self.store.git_dir())) {
            Ok(ring) => !ring.is_empty(),
            Err(e) => {
                warnings.push(e.in_full());
                false
            }
        }
    }

    /// Where the hook finds its key. The server runs the hook, without our environment.
    fn key_source(&self) -> KeySource {
        key_source(&self.store, |name| {
            let ours = name.starts_with("AIDF_");
            self.cx.environment().text(name).filter(|_| !ours)
        })
    }

    /// The steps that remove what is ours, and a list of what stays.
    pub fn removal(&self) -> (Vec<Step>, Vec<String>) {
        let (mut steps, mut left) = (Vec::new(), Vec::new());
        let mut last = None;
        match self.installed() {
            // Other repositories may be protected by it.
            Ok(Some(text)) if text.contains(MARK) && self.is_shared() => {
                let why = format!(
                    "the hook {}, which lies outside of the repository: other repositories may use it",
                    self.hook().display()
                );
                self.cx
                    .warn(format!("{why}; if none does, {}", self.by_hand()));
                left.push(why);
                // Without its settings the hook would take no token, and refuse operators and
                // holders too.
                last = (!is_off(&self.store)).then(|| Step::Set(ENFORCE, Some("false".to_owned())));
            }
            Ok(Some(text)) if text.contains(MARK) => {
                if !is_as_written(&text) {
                    let name = edited(self.cx.now);
                    left.push(format!("{name}, our hook with what somebody added to it"));
                    steps.push(Step::KeepEdited(name));
                }
                steps.push(Step::RemoveHook);
            }
            Ok(None) => {}
            _ => left.push("the pre-receive hook, which is not aidf's".to_owned()),
        }
        let made = self.store.own_settings(MADE);
        let names = SETTINGS.iter().map(|(name, _)| *name);
        for name in names.chain([KEY_FILE, BASE, REPO_NAME]) {
            if made.iter().any(|m| m == name) {
                steps.push(Step::Set(name, None));
            }
        }
        steps.extend(last);
        (steps, left)
    }

    /// Whether the hook lies outside of the repository.
    fn is_shared(&self) -> bool {
        !real(&self.store.hooks()).starts_with(real(self.store.common_dir()))
    }

    /// How to remove a hook by hand.
    fn by_hand(&self) -> String {
        match put_back_by_hand(&self.store.hooks()) {
            Some(command) => format!("put back the earlier one: {command}"),
            None => format!("remove it: rm {}", self.hook().display()),
        }
    }
}
