//! What S3 says in place of what it was asked for, in the words of the person who has to mend
//! it ("Error responses" of the Amazon S3 API Reference).

use super::xml;
use crate::clock::Moment;
use crate::error::{Error, Kind};
use std::fmt;

/// The most of a server's own words that is shown.
const MAX_SAID: usize = 300;

/// A refusal, as the cause of the error about it.
#[derive(Debug)]
pub struct Refused {
    /// The status of the answer.
    pub status: u16,
    /// S3's code, such as `AccessDenied`; empty if the answer has none.
    pub code: String,
    /// S3's own words.
    said: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        for more in [&self.code, &self.said] {
            if !more.is_empty() {
                write!(f, ": {more}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// The request that was refused.
pub struct Call<'c> {
    /// GET, PUT, …
    pub method: &'c str,
    /// What it was about, such as `s3://bucket/key`.
    pub shown: &'c str,
    /// The endpoint's host.
    pub host: &'c str,
    /// The bucket.
    pub bucket: &'c str,
    /// The region that it was signed for.
    pub region: &'c str,
    /// The time that it was signed at.
    pub now: Moment,
}

/// An answer that refuses.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a str,
    /// The region that it names in its header.
    pub region: Option<&'a str>,
    /// What is not to be repeated, if the server does.
    pub token: Option<&'a str>,
}

/// What an error's body holds.
#[derive(Default)]
struct Told {
    code: String,
    said: String,
    region: String,
    server_time: String,
}

fn told(body: &str) -> Told {
    let mut told = Told::default();
    let read = xml::read(body, |path, text| {
        let to = match path.last().map(String::as_str) {
            Some("Code") => &mut told.code,
            Some("Message") => &mut told.said,
            Some("Region") => &mut told.region,
            Some("ServerTime") => &mut told.server_time,
            _ => return,
        };
        text.clone_into(to);
    });
    match read {
        Ok(()) => told,
        Err(_) => Told::default(),
    }
}

/// Whether an answer with a good status holds an error all the same: S3 has said 200 before it
/// knows how the putting together of parts or a copy ends.
pub fn is_error(body: &str) -> bool {
    let mut found = false;
    let read = xml::read(body, |path, _| {
        found |= path.len() == 1 && path[0] == "Error"
    });
    read.is_ok() && found
}

/// The refusal that an error tells of.
pub fn of(error: &Error) -> Option<&Refused> {
    error.cause()
}

/// Whether S3 says that there is no such object.
pub fn is_missing(error: &Error) -> bool {
    of(error)
        .is_some_and(|r| r.status == 404 && !matches!(&*r.code, "NoSuchBucket" | "NoSuchUpload"))
}

/// Whether S3 says that this very code is why.
pub fn is(error: &Error, code: &str) -> bool {
    of(error).is_some_and(|r| r.code == code)
}

/// The error about an answer that refuses.
pub fn error(call: &Call<'_>, answer: &Answer<'_>) -> Error {
    let mut told = told(answer.body);
    if let Some(token) = answer.token {
        told.said = told.said.replace(token, "***");
    }
    told.said = told.said.chars().take(MAX_SAID).collect();
    told.code.retain(|c| c.is_ascii_alphanumeric());
    let status = answer.status;
    let code = match (told.code.as_str(), status) {
        ("", 403) => "AccessDenied",
        ("", 412) => "PreconditionFailed",
        (code, _) => code,
    };
    let (bucket, shown, host) = (call.bucket, call.shown, call.host);
    let to_do = format!("{} of {shown}", call.method);
    let new = |kind, message: String| Error::new(kind, message);
    let region = answer.region.unwrap_or(&told.region);
    let error = match code {
        "RequestTimeTooSkewed" => {
            let theirs = match told.server_time.is_empty() {
                true => String::new(),
                false => format!(", and the server says {}", told.server_time),
            };
            new(
                Kind::Auth,
                format!(
                    "{host} does not accept the time of this machine's clock, {}{theirs}",
                    call.now.rfc3339()
                ),
            )
            .hint("set the clock (for example by NTP): requests to S3 storage hold their time")
        }
        "InvalidAccessKeyId" => new(Kind::Auth, format!("{host} does not know the access key"))
            .hint("check AWS_ACCESS_KEY_ID, or the profile in ~/.aws/credentials, and the endpoint"),
        "SignatureDoesNotMatch" => new(
            Kind::Auth,
            format!("{host} says that the secret of the access key is wrong"),
        )
        .hint("check AWS_SECRET_ACCESS_KEY and the region; a proxy that alters requests has the same effect"),
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" | "RequestExpired" => new(
            Kind::Auth,
            format!("{host} does not accept the session's token any more"),
        )
        .hint("log in again, and set AWS_SESSION_TOKEN with its access key"),
        "NoSuchBucket" => new(
            Kind::NotFound,
            format!("there is no bucket {bucket} at {host}"),
        )
        .hint("check the name, the endpoint and the region; aidf makes no buckets"),
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect"
        | "IllegalLocationConstraintException"
            if !region.is_empty() =>
        {
            new(
                Kind::Usage,
                format!(
                    "the bucket {bucket} is in the region {region}, and the request was for {}",
                    call.region
                ),
            )
            .hint(format!("set `region: {region}` for the destination, or AWS_REGION"))
        }
        _ if (300..400).contains(&status) => new(
            Kind::Usage,
            format!("{host} sends {to_do} to another place, and aidf does not go there"),
        )
        .hint("name the endpoint and the region of the bucket itself (`endpoint:`, `region:`)"),
        "PreconditionFailed" | "ConditionalRequestConflict" => new(
            Kind::Conflict,
            format!("another run changed {shown} at the same time"),
        ),
        "NotImplemented" => new(
            Kind::Usage,
            format!("{host} cannot do {to_do} as aidf asks for it"),
        )
        .hint("the storage must know conditional writes (If-None-Match, If-Match), and object lock if that is configured"),
        "ObjectLockConfigurationNotFoundError" => lacks_lock(bucket),
        "InvalidRequest" if told.said.contains("Object Lock") => lacks_lock(bucket),
        "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody"
        | "RequestTimeout" => new(
            Kind::Unavailable,
            format!("the bytes of {to_do} did not reach {host} as they were sent"),
        )
        .hint("try again; if it stays, a proxy between here and there alters what it passes on"),
        _ if status == 401 => new(Kind::Auth, format!("{host} wants another login for {to_do}"))
            .hint("check the access key and the endpoint"),
        _ if status == 403 => new(Kind::Denied, format!("{host} denies {to_do} ({code})")).hint(
            "check that the access key may s3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects (with a lock also s3:PutObjectRetention and s3:GetObjectRetention)",
        ),
        _ if status == 404 => new(Kind::NotFound, format!("there is no {shown}")),
        _ if is_busy(status, code) => new(
            Kind::Unavailable,
            format!("{host} is too busy for {to_do}, or out of order"),
        )
        .hint("try again later"),
        _ => new(
            Kind::Unavailable,
            format!("{host} does not do {to_do}"),
        )
        .hint("check that the endpoint is S3 storage, and no web page or proxy answers in its place")
        .retryable(false),
    };
    error.caused_by(Refused {
        status,
        code: code.to_owned(),
        said: told.said,
    })
}

fn lacks_lock(bucket: &str) -> Error {
    Error::new(
        Kind::Usage,
        format!("the bucket {bucket} has no object lock, and `object_lock:` asks for one"),
    )
    .hint("enable object lock on the bucket, or leave `object_lock:` out")
}

/// Whether the same request may be answered in a moment.
fn is_busy(status: u16, code: &str) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
        || matches!(
            code,
            "SlowDown" | "InternalError" | "ServiceUnavailable" | "OperationAborted"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> Error {
        let call = Call {
            method: "PUT",
            shown: "s3://bucket/key",
            host: "s3.example",
            bucket: "bucket",
            region: "us-east-1",
            now: Moment::from_seconds(0),
        };
        let answer = Answer {
            status,
            body,
            region: None,
            token: Some("s3cret"),
        };
        error(&call, &answer)
    }

    fn coded(status: u16, code: &str, more: &str) -> Error {
        said(
            status,
            &format!("<Error><Code>{code}</Code><Message>Words s3cret</Message>{more}</Error>"),
        )
    }

    #[test]
    fn a_refusal_is_of_the_kind_that_says_who_can_mend_it() {
        for (status, code, kind) in [
            (403, "AccessDenied", Kind::Denied),
            (403, "InvalidAccessKeyId", Kind::Auth),
            (403, "SignatureDoesNotMatch", Kind::Auth),
            (403, "RequestTimeTooSkewed", Kind::Auth),
            (400, "ExpiredToken", Kind::Auth),
            (404, "NoSuchBucket", Kind::NotFound),
            (404, "NoSuchKey", Kind::NotFound),
            (412, "PreconditionFailed", Kind::Conflict),
            (409, "ConditionalRequestConflict", Kind::Conflict),
            (503, "SlowDown", Kind::Unavailable),
            (500, "InternalError", Kind::Unavailable),
            (400, "BadDigest", Kind::Unavailable),
            (501, "NotImplemented", Kind::Usage),
            (301, "PermanentRedirect", Kind::Usage),
            (400, "ObjectLockConfigurationNotFoundError", Kind::Usage),
            (418, "Teapot", Kind::Unavailable),
        ] {
            let e = coded(status, code, "");
            assert_eq!(e.kind(), kind, "{code}");
            assert!(is(&e, code), "{code}");
            assert!(!e.in_full().contains("s3cret"), "{}", e.in_full());
        }
        assert_eq!(said(403, "").kind(), Kind::Denied);
        assert_eq!(said(412, "").kind(), Kind::Conflict);
        assert!(said(503, "<html>").is_retryable());
        assert!(!said(400, "<html>").is_retryable());
        let skewed = coded(
            403,
            "RequestTimeTooSkewed",
            "<ServerTime>2026-11-22T00:00:00Z</ServerTime>",
        );
        assert!(skewed.message().contains("1970") && skewed.message().contains("2026-11-22"));
        let elsewhere = coded(
            400,
            "AuthorizationHeaderMalformed",
            "<Region>eu-west-1</Region>",
        );
        assert!(elsewhere.message().contains("eu-west-1"), "{elsewhere}");
    }

    #[test]
    fn a_good_status_with_an_error_in_it_is_found_out() {
        assert!(is_error("<Error><Code>InternalError</Code></Error>"));
        assert!(!is_error(
            "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
        ));
        assert!(!is_error("<R><Error/></R>"));
    }
}
