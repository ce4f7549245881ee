//! Content between the working tree and the object store, as git converts it by attributes
//! (gitattributes(5)): line ends, `ident`, encodings, LFS, and filters that the user has
//! set up. The attributes of a branch's tree decide, and not those of the checkout.
//!
//! git itself converts; libgit2 knows neither encodings nor filters. It is asked only where
//! an attribute says so, and about content that would come out otherwise.

use super::children::{last_line, tell};
use super::draft::Draft;
use super::id::ObjectId;
use super::installed::OLDEST_GIT;
use super::lfs::{LFS, LfsContent, POINTER, lfs_content};
use super::on_path::has_program;
use super::settings::Setting;
use super::store::Store;
use crate::error::{Error, Kind, Result};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

/// What git is asked about each path.
const ASKED: [&str; 6] = [
    "text",
    "crlf",
    "eol",
    "ident",
    "working-tree-encoding",
    "filter",
];

/// Words without which a file of attributes has no say in what is stored. `binary` only
/// takes conversions away.
const WORDS: [&[u8]; 6] = [b"text", b"crlf", b"eol", b"ident", b"encoding", b"filter"];

/// What the attributes of one path say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Attributes {
    /// CRLF becomes LF.
    text: bool,
    /// Only where git takes the content for text, and has no CRLF of it yet.
    auto: bool,
    /// LF becomes CRLF in the working tree.
    crlf: bool,
    ident: bool,
    encoding: bool,
    filter: Option<String>,
}

/// The conversions of one tree.
pub struct Convert<'s> {
    store: &'s Store,
    tree: ObjectId,
    known: RefCell<BTreeMap<String, Attributes>>,
    /// What git-lfs is told besides.
    lfs: OnceCell<Vec<(String, String)>>,
}

impl Store {
    /// The conversions that the attributes of `tree` ask for.
    pub fn convert(&self, tree: ObjectId) -> Convert<'_> {
        Convert {
            store: self,
            tree,
            known: RefCell::default(),
            lfs: OnceCell::new(),
        }
    }

    /// Runs git with this input, and gives what it prints. `bytes` is what it has to do with.
    ///
    /// Errors: unavailable, where it cannot be started or does not end; denied, with what it
    /// says.
    pub(super) fn run(
        &self,
        mut command: Command,
        input: Vec<u8>,
        bytes: u64,
        failed: &str,
    ) -> Result<Vec<u8>> {
        let out = self
            .plumbing()
            .ends_in_time(&mut command, input, bytes, failed)?;
        let out = out.map_err(|e| {
            Error::new(Kind::Unavailable, failed.to_owned())
                .hint("the branch's attributes ask for a conversion that needs git: install git")
                .caused_by(e)
        })?;
        match out.status.success() {
            true => Ok(out.stdout),
            false => Err(Error::new(Kind::Denied, failed.to_owned())
                .hint(format!(
                    "nothing was written; git {}.{} or newer is needed, and the file's filter must work here",
                    OLDEST_GIT.0, OLDEST_GIT.1
                ))
                .caused_by(anyhow::anyhow!(last_line(&out.stderr)))),
        }
    }

    /// git that runs no filter: the repository's configuration may name any program.
    ///
    /// Errors: unavailable, without git.
    pub(super) fn git_without_filters(&self) -> Result<Command> {
        let mut command = self.plumbing().command();
        for Setting { name, .. } in self.settings_by_git()?.entries() {
            let last = name.rsplit('.').next().unwrap_or_default();
            let value = match last {
                "clean" | "smudge" | "process" => "",
                // One that is required and missing would be an error.
                "required" => "false",
                _ => continue,
            };
            if name.starts_with("filter.") {
                tell(&mut command, name, value);
            }
        }
        Ok(command)
    }

    /// What git says of these attributes of each path (git-check-attr(1)): the path, the
    /// attribute and its value. `command` is git with the files of attributes that count.
    ///
    /// Errors: as [`Store::run`].
    pub(super) fn check_attributes(
        &self,
        mut command: Command,
        asked: &[&str],
        paths: &[&str],
    ) -> Result<Vec<[String; 3]>> {
        command.args(["check-attr", "--stdin", "-z"]).args(asked);
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let failed = "git cannot tell the attributes of the files";
        let answer = self.run(command, input, 0, failed)?;
        let mut words = answer
            .split(|b| *b == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned());
        let mut said = Vec::new();
        while let (Some(path), Some(name), Some(value)) = (words.next(), words.next(), words.next())
        {
            said.push([path, name, value]);
        }
        Ok(said)
    }

    /// Whether git's configuration has a setting, as git itself reads it.
    fn has_setting(&self, name: &str) -> Result<bool> {
        Ok(self.settings_by_git()?.last(name).is_some())
    }
}

impl Convert<'_> {
    /// Finds out about many paths at once: git is started once for all of them.
    ///
    /// Errors: unavailable, where git is needed and cannot be started.
    pub fn learn<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Result<()> {
        let known = self.known.borrow();
        let new: Vec<&str> = paths.filter(|p| !known.contains_key(*p)).collect();
        drop(known);
        // git is not told of what it does not find, and would take it for nothing.
        let files = attribute_files(new.iter().copied());
        let files = files.iter().map(|file| (self.tree, file.as_bytes()));
        self.store.ensure_paths(files, true)?;
        let found = match self.have_a_say(&new)? {
            true => self.ask(&new)?,
            false => BTreeMap::new(),
        };
        let mut known = self.known.borrow_mut();
        for path in new {
            let attributes = found.get(path).cloned().unwrap_or_default();
            known.insert(path.to_owned(), attributes);
        }
        Ok(())
    }

    fn of(&self, path: &str) -> Result<Attributes> {
        self.learn(std::iter::once(path))?;
        Ok(self.known.borrow().get(path).cloned().unwrap_or_default())
    }

    /// Whether any file of attributes could have a say in how these paths are stored.
    fn have_a_say(&self, paths: &[&str]) -> Result<bool> {
        if paths.is_empty() {
            return Ok(false);
        }
        let config = self.store.repo().config();
        let text = |name: &str| config.as_ref().ok()?.get_string(name).ok();
        if text("core.autocrlf").is_some_and(|v| v != "false")
            || text("core.attributesfile").is_some()
        {
            return Ok(true);
        }
        let mut files = vec![self.store.common_dir().join("info").join("attributes")];
        files.push("/etc/gitattributes".into());
        let variable = |name: &str| {
            let environment = &self.store.programs().environment;
            environment
                .os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let home = variable("XDG_CONFIG_HOME");
        let home = home.or_else(|| Some(variable("HOME")?.join(".config")));
        files.extend(home.map(|h| h.join("git").join("attributes")));
        if files
            .iter()
            .any(|f| std::fs::read(f).is_ok_and(|t| speaks(&t)))
        {
            return Ok(true);
        }
        for file in attribute_files(paths.iter().copied()) {
            let entry = self.store.entry(self.tree, file.as_bytes())?;
            if let Some(entry) = entry.filter(|e| e.mode.is_file())
                && speaks(&self.store.read_blob(entry.id)?)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn ask(&self, paths: &[&str]) -> Result<BTreeMap<String, Attributes>> {
        let answer = self
            .store
            .check_attributes(self.command(&[]), &ASKED, paths)?;
        let config = self.store.repo().config();
        let config = |name: &str| config.as_ref().ok()?.get_string(name).ok();
        let autocrlf = config("core.autocrlf").unwrap_or_default();
        let converts = autocrlf == "true" || autocrlf == "input";
        let crlf_here = autocrlf == "true" || config("core.eol").is_some_and(|v| v == "crlf");
        let mut said: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for [path, name, value] in answer {
            said.entry(path).or_default().insert(name, value);
        }
        let attributes = said.into_iter().map(|(path, said)| {
            let value = |name: &str| said.get(name).map_or("unspecified", String::as_str);
            let is_set = |name: &str| !matches!(value(name), "unspecified" | "unset");
            let text = match value("text") {
                "unspecified" => value("crlf"),
                other => other,
            };
            // An end of line makes a file text, if nothing says that it is none.
            let implied = text == "unspecified" && is_set("eol");
            let auto = text == "auto" || (text == "unspecified" && !implied && converts);
            let is_text = auto || implied || !matches!(text, "unspecified" | "unset");
            let crlf = match value("eol") {
                "unspecified" => crlf_here,
                eol => eol == "crlf",
            };
            let filter = Some(value("filter").to_owned());
            let found = Attributes {
                text: is_text,
                auto,
                crlf: is_text && crlf,
                ident: is_set("ident"),
                encoding: is_set("working-tree-encoding"),
                filter: filter.filter(|_| is_set("filter")),
            };
            (path, found)
        });
        Ok(attributes.collect())
    }

    /// git with the tree's attributes, and with these filters as the user has them. A git
    /// before 2.41 knows no `--attr-source`, and fails.
    fn command(&self, settings: &[(String, String)]) -> Command {
        let mut command = self.store.plumbing().command();
        for (name, value) in settings {
            tell(&mut command, name, value);
        }
        command.arg(format!("--attr-source={}", self.tree));
        command
    }

    /// The tree whose attributes decide.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// Whether git stores a file as it is.
    ///
    /// Errors: unavailable, without git.
    pub fn is_raw(&self, path: &str) -> Result<bool> {
        Ok(self.of(path)? == Attributes::default())
    }

    /// The filter that makes what is stored of a file.
    ///
    /// Errors: unavailable, without git.
    pub fn filter_of(&self, path: &str) -> Result<Option<String>> {
        Ok(self.of(path)?.filter)
    }

    /// Why a file cannot be converted here: its filter is not the user's to run.
    pub fn refusal(&self, path: &str) -> Result<Option<Error>> {
        Ok(self.settings_of(path, &self.of(path)?).err())
    }

    /// What the user's own configuration says of a filter, to be said again on the command
    /// line: the repository's configuration may name any program.
    ///
    /// Errors: denied, where it says nothing.
    fn settings(&self, path: &str, filter: &str) -> Result<Vec<(String, String)>> {
        let key = |what: &str| format!("filter.{filter}.{what}");
        let plain = |what: &str, value: &str| (key(what), value.to_owned());
        if filter == LFS && has_program("git-lfs", &self.store.programs().environment) {
            let mut settings = vec![
                plain("clean", "git-lfs clean -- %f"),
                plain("smudge", "git-lfs smudge -- %f"),
                plain("process", "git-lfs filter-process"),
                plain("required", "true"),
            ];
            settings.extend(self.of_lfs()?);
            return Ok(settings);
        }
        let why = match filter {
            LFS => {
                format!("`{path}` is stored with git-lfs, which is not installed on this machine")
            }
            _ => format!(
                "`{path}` needs the filter `{filter}`, which your own git configuration does not have"
            ),
        };
        let missing = || {
            Error::new(Kind::Denied, why.clone()).hint(match filter {
                LFS => "nothing was written; install git-lfs".to_owned(),
                _ => format!(
                    "nothing was written; aidf does not run a filter of the repository's configuration: set it in your own (git config --global filter.{filter}.clean COMMAND), or commit the file with git"
                ),
            })
        };
        if filter == LFS {
            return Err(missing());
        }
        let all = self.store.settings()?;
        let value = |what: &str| all.last_of_user(&key(what)).filter(|v| !v.is_empty());
        // Where there is a process git starts that, and an empty one hides the others.
        let process_of_repository =
            value("process").is_none() && self.store.has_setting(&key("process"))?;
        let has_any = value("clean").is_some() || value("process").is_some();
        if process_of_repository || !has_any {
            return Err(missing());
        }
        let all = ["clean", "smudge", "process"];
        let mut settings: Vec<(String, String)> = all
            .iter()
            .filter_map(|what| Some((key(what), value(what)?.to_owned())))
            .collect();
        // What the user's own leaves out must not come from the repository's.
        for what in ["clean", "smudge"] {
            if value(what).is_none() {
                settings.push(plain(what, ""));
            }
        }
        // One that fails must not pass the content on as it is.
        settings.push(plain("required", "true"));
        Ok(settings)
    }

    /// What git-lfs is told besides ([`Store::lfs_settings`]).
    fn of_lfs(&self) -> Result<Vec<(String, String)>> {
        if let Some(known) = self.lfs.get() {
            return Ok(known.clone());
        }
        let settings = self.store.lfs_settings()?;
        Ok(self.lfs.get_or_init(|| settings).clone())
    }

    fn settings_of(&self, path: &str, says: &Attributes) -> Result<Vec<(String, String)>> {
        match &says.filter {
            Some(filter) => self.settings(path, filter),
            None => Ok(Vec::new()),
        }
    }

    /// The id of what git would store for `raw`, the content of a file of the working tree.
    ///
    /// Errors: denied, for a filter that may not be run; unavailable, without git.
    pub fn clean(&self, draft: &mut Draft<'_>, path: &str, raw: ObjectId) -> Result<ObjectId> {
        let says = self.of(path)?;
        if says == Attributes::default() {
            return Ok(raw);
        }
        let settings = self.settings_of(path, &says)?;
        let content = self.store.read_blob(raw)?;
        let has = |what: &[u8]| content.windows(what.len()).any(|w| w == what);
        let ends = says.text && has(b"\r") && !(says.auto && self.has_crlf(path)?);
        if !(says.filter.is_some() || says.encoding || ends || (says.ident && has(b"$Id"))) {
            return Ok(raw);
        }
        let mut command = self.command(&settings);
        command
            .args(["hash-object", "-w", "--stdin", "--path"])
            .arg(path);
        let failed = format!("`{path}` cannot be converted as its attributes say");
        let bytes = content.len() as u64;
        let answer = self.store.run(command, content, bytes, &failed)?;
        let id = String::from_utf8_lossy(&answer);
        let id = ObjectId::parse(id.trim())?;
        draft.add(id);
        Ok(id)
    }

    /// Whether the tree's own content has CRLF: `text=auto` leaves such a file as it is.
    fn has_crlf(&self, path: &str) -> Result<bool> {
        let entry = self.store.entry(self.tree, path.as_bytes())?;
        match entry.filter(|e| e.mode.is_file()) {
            Some(entry) => {
                let content = self.store.read_blob(entry.id)?;
                Ok(content.windows(2).any(|w| w == b"\r\n"))
            }
            None => Ok(false),
        }
    }

    /// What the working tree gets for a stored content.
    ///
    /// Errors: denied, for a filter that may not be run; unavailable, without git.
    pub fn smudge(&self, path: &str, stored: ObjectId) -> Result<Vec<u8>> {
        let says = self.of(path)?;
        let settings = self.settings_of(path, &says)?;
        if !(says.filter.is_some() || says.encoding || says.crlf || says.ident) {
            return self.store.read_blob(stored);
        }
        let mut command = self.command(&settings);
        command
            .args(["cat-file", "--filters", "--path"])
            .arg(path)
            .arg(stored.to_string());
        let failed = format!("`{path}` cannot be converted as its attributes say");
        let bytes = match self.lfs_content(path, stored)? {
            Some(content) => content.bytes,
            None => self.store.blob_size(stored)?,
        };
        self.store.run(command, Vec::new(), bytes, &failed)
    }

    /// The content that `stored`, a pointer that [`Convert::clean`] made, stands for.
    pub fn lfs_content(&self, path: &str, stored: ObjectId) -> Result<Option<LfsContent>> {
        if self.of(path)?.filter.as_deref() != Some(LFS)
            || self.store.blob_size(stored)? > POINTER as u64
        {
            return Ok(None);
        }
        let pointer = self.store.read_blob(stored)?;
        Ok(lfs_content(&pointer))
    }
}

/// The files of attributes in a tree that can have a say in how these paths are stored.
pub fn attribute_files<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let above = |path: &'p str| path.match_indices('/').map(move |(at, _)| &path[..=at]);
    let folders: BTreeSet<&str> = paths.flat_map(above).chain([""]).collect();
    let file = |folder: &str| format!("{folder}.gitattributes");
    folders.into_iter().map(file).collect()
}

fn speaks(attributes: &[u8]) -> bool {
    let says = |word: &[u8]| attributes.windows(word.len()).any(|w| w == word);
    WORDS.iter().any(|w| says(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_speak_of_conversions_have_a_say() {
        assert!(!speaks(b"/memory.yaml merge=union\n*.png binary\n"));
        for line in ["* text=auto", "*.txt eol=lf", "*.c ident", "*.x filter=y"] {
            assert!(speaks(line.as_bytes()), "{line}");
        }
    }
}
