//! What a request names to be written, and the files that this means.

use super::place::in_tree;
use super::take::{Input, Source, Taken, from_tree};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::real;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use std::path::PathBuf;

/// What a request names to be written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum File {
    /// A file of the working tree, or all files of a folder that git does not ignore; the
    /// path starts from the folder that the call is in.
    Path(String),
    /// A file with this content.
    Content {
        /// Where it goes; the path starts from the folder that the call is in.
        path: String,
        /// The content.
        from: Content,
    },
}

/// Where the content of a file comes from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// This text.
    Text(String),
    /// These bytes, in base64 (RFC 4648, section 4).
    Base64(String),
    /// A file of this machine, wherever it is.
    File(PathBuf),
    /// What the caller gives as standard input; it can be read once.
    Input,
}

/// The files that a request names.
///
/// Errors: usage, for what is not there or no base64; denied, for what may not be taken.
pub(in crate::ops) fn named(cx: &Context, files: &[File]) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for file in files {
        match file {
            File::Path(path) => inputs.extend(from_tree(cx, path)?),
            File::Content { path, from } => inputs.push(Input {
                path: in_tree(cx, path)?,
                source: source(cx, path, from)?,
            }),
        }
    }
    Ok(inputs)
}

fn source(cx: &Context, path: &str, from: &Content) -> Result<Source> {
    let stream = |bytes: Vec<u8>| Source::Stream(Box::new(Cursor::new(bytes)));
    Ok(match from {
        Content::Text(text) => stream(text.clone().into_bytes()),
        Content::Base64(text) => stream(STANDARD.decode(text).or_fail(Kind::Usage, || {
            format!("the content of `{path}` is not base64")
        })?),
        Content::File(file) => {
            let file = cx.dir.join(file);
            // The file of the path itself is no other content, however it is named.
            let own = cx.store.work_dir().map(|root| real(&root.join(path)));
            let is_own = own.is_some_and(|own| own == real(&file));
            Source::File(Taken::named(file, is_own))
        }
        Content::Input => Source::Stream(cx.input().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("there is no standard input left to read `{path}` from"),
            )
            .hint("standard input can be read only once")
        })?),
    })
}
