//! Makes the changes on a self-hosted server.

use super::bare::{EARLIER, MADE, Server};
use super::hook_file::{keep, kept_in, put_back, write_program};
use super::steps::Step;
use crate::error::{Error, Kind, OrFail, Result};
use crate::identity::REF;
use crate::ops::hook::sharing_of;
use crate::ops::identity;

impl Server<'_> {
    /// Makes the changes, in order.
    ///
    /// Errors: internal; denied, if the files belong to another account.
    pub fn make(&self, steps: &[Step]) -> Result<()> {
        let failed = || {
            format!(
                "{} cannot be changed; run this as the account that owns it",
                self.hook().display()
            )
        };
        let hooks = self.store.hooks();
        for step in steps {
            match step {
                Step::KeepHook(place) => {
                    // A run that was cut off may have kept this hook already.
                    if let Some(kept) = kept_in(&hooks)
                        && std::fs::read(&kept).ok() != std::fs::read(self.hook()).ok()
                    {
                        return Err(Error::new(
                            Kind::Conflict,
                            format!("{} exists already", kept.display()),
                        )
                        .hint("nothing was changed so far; move it away, and run this again"));
                    }
                    keep(&hooks, place).or_fail(Kind::Internal, failed)?;
                }
                Step::KeepEdited(name) => {
                    std::fs::copy(self.hook(), hooks.join(name)).or_fail(Kind::Internal, failed)?;
                }
                Step::WriteHook(text) => {
                    write_program(&self.hook(), text).or_fail(Kind::Internal, failed)?;
                }
                Step::RemoveHook => {
                    if !put_back(&hooks).or_fail(Kind::Internal, failed)? {
                        std::fs::remove_file(self.hook()).or_fail(Kind::Internal, failed)?;
                    }
                }
                Step::Identify(known) => {
                    let id = match known {
                        Some(id) => *id,
                        None => identity::make_on(self.cx, &self.store)?,
                    };
                    // If somebody else made one in the meantime, theirs stays.
                    self.store.create_ref(REF, id)?;
                    // Other accounts make refs beside it.
                    for folder in ["refs/aidf", "logs/refs/aidf"] {
                        let folder = self.store.common_dir().join(folder);
                        if folder.is_dir() {
                            sharing_of(&self.store)
                                .folder(&folder)
                                .or_fail(Kind::Internal, failed)?;
                        }
                    }
                    self.note(self.store.local_ref(REF)?.unwrap_or(id))?;
                }
                Step::NoteIdentity(id) => self.note(*id)?,
                Step::Set(name, value) => {
                    let values: Vec<&str> = value.iter().map(String::as_str).collect();
                    // Remember a setting only if we made it. One that the owner made stays
                    // for good.
                    let mut made = self.store.own_settings(MADE);
                    let mut before = self.store.own_settings(EARLIER);
                    let first = format!("{name}=");
                    let write = |name: &str, all: &[String]| {
                        let all: Vec<&str> = all.iter().map(String::as_str).collect();
                        self.store.set_own(name, &all)
                    };
                    // Note it before changing it, so that a run that is cut off can be
                    // undone.
                    if value.is_some() {
                        if !made.iter().any(|m| m == name) {
                            before.retain(|b| !b.starts_with(&first));
                            let old = self.store.own_settings(name);
                            before.extend(old.into_iter().map(|v| format!("{first}{v}")));
                            write(EARLIER, &before)?;
                            made.push((*name).to_owned());
                            write(MADE, &made)?;
                        }
                        self.store.set_own(name, &values)?;
                        continue;
                    }
                    let old: Vec<&str> = before
                        .iter()
                        .filter_map(|b| b.strip_prefix(&first))
                        .collect();
                    self.store.set_own(name, &old)?;
                    made.retain(|m| m != name);
                    write(MADE, &made)?;
                    before.retain(|b| !b.starts_with(&first));
                    write(EARLIER, &before)?;
                }
            }
        }
        Ok(())
    }
}
