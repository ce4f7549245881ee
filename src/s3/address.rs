//! Where something lies in S3 storage: `s3://bucket/prefix`, and the endpoint that serves it.
//! Pure.

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::url::HttpUrl;
use serde::Deserialize;
use std::fmt;

/// How an address begins.
pub const SCHEME: &str = "s3://";
/// The longest prefix, in bytes. A key has at most 1,024 bytes, and names come after it.
const MAX_PREFIX: usize = 800;
/// The region that is taken where none is named, as the tools of AWS do.
const REGION: &str = "us-east-1";

/// A bucket and the beginning of the keys in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The bucket's name.
    pub bucket: String,
    /// The beginning of the keys: empty, or names with slashes between them.
    pub prefix: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "{SCHEME}{}{slash}{}", self.bucket, self.prefix)
    }
}

impl Address {
    /// Whether a text means S3 storage.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads `s3://bucket/prefix`; the prefix may be absent.
    ///
    /// Errors: usage.
    pub fn parse(text: &str) -> Result<Address> {
        let bad = |why: &str| {
            Error::new(
                Kind::Usage,
                format!("`{text}` is not an address in S3 storage: {why}"),
            )
            .hint("write s3://BUCKET/PREFIX; the endpoint is `endpoint:` in the configuration, or AWS_ENDPOINT_URL")
        };
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| bad("it does not begin with s3://"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if !(3..=63).contains(&bucket.len())
            || !bucket.bytes().all(fits)
            || bucket.starts_with(['.', '-'])
            || bucket.contains("..")
        {
            return Err(bad(
                "a bucket's name has 3 to 63 letters, digits, dots, underscores and hyphens",
            ));
        }
        let prefix = prefix.trim_end_matches('/');
        let odd = |part: &str| matches!(part, "" | "." | "..") || part.contains(char::is_control);
        if !prefix.is_empty() && prefix.split('/').any(odd) {
            return Err(bad(
                "a part of its prefix is empty, `.` or `..`, or has control characters",
            ));
        }
        if prefix.len() > MAX_PREFIX {
            return Err(bad("its prefix is too long"));
        }
        Ok(Address {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }

    /// What lies below it under this name.
    pub fn join(&self, name: &str) -> Address {
        Address {
            bucket: self.bucket.clone(),
            prefix: self.key(name),
        }
    }

    /// The key of a name below it.
    pub fn key(&self, name: &str) -> String {
        match self.prefix.is_empty() {
            true => name.to_owned(),
            false => format!("{}/{name}", self.prefix),
        }
    }
}

/// How strictly an object lock holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Accounts with a permission of their own may end it early.
    Governance,
    /// Nobody may end it early.
    Compliance,
}

impl LockMode {
    /// As S3 spells it.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        }
    }
}

/// How long each bundle is locked against deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    /// How strictly.
    pub mode: LockMode,
    /// For so many days from its upload.
    pub days: u32,
}

/// What the operator says about a place in S3 storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The bucket and the prefix.
    pub address: Address,
    /// The endpoint's address; AWS itself where none is named.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Whether the bucket stands in the path, and not before the host.
    pub path_style: Option<bool>,
    /// Whether bundles are locked.
    pub object_lock: Option<ObjectLock>,
}

impl Settings {
    /// An address about which nothing else is said.
    pub fn of(address: Address) -> Settings {
        Settings {
            address,
            endpoint: None,
            region: None,
            path_style: None,
            object_lock: None,
        }
    }
}

/// The server of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The address that the keys follow.
    base: HttpUrl,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket.
    pub bucket: String,
}

impl Site {
    /// The server that these settings lead to; what they leave open is taken from the variables
    /// of AWS: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`.
    ///
    /// Errors: usage, for an endpoint or a region that cannot be.
    pub fn of(settings: &Settings, environment: &Environment) -> Result<Site> {
        let variable = |names: [&str; 2]| names.iter().find_map(|name| environment.text(name));
        let region = settings.region.clone();
        let region = region
            .or_else(|| variable(["AWS_REGION", "AWS_DEFAULT_REGION"]))
            .unwrap_or_else(|| REGION.to_owned());
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if region.is_empty() || region.len() > 64 || !region.bytes().all(fits) {
            return Err(Error::new(
                Kind::Usage,
                format!("`{region}` is not the name of a region of S3 storage"),
            )
            .hint("give one like eu-central-1 (`region:` of the destination, or AWS_REGION)"));
        }
        let given = settings.endpoint.clone();
        let given = given.or_else(|| variable(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
        let endpoint = match &given {
            Some(text) => endpoint(text)?,
            None => {
                let more = if region.starts_with("cn-") { ".cn" } else { "" };
                endpoint(&format!("https://s3.{region}.amazonaws.com{more}"))?
            }
        };
        let bucket = settings.address.bucket.clone();
        // A certificate for *.s3.example.com is none for a.b.s3.example.com.
        let is_label = bucket
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let in_path = settings.path_style.unwrap_or(given.is_some()) || !is_label;
        let base = match in_path {
            true => endpoint.with_path(&format!("{}/{bucket}", endpoint.path())),
            false => HttpUrl::read(
                endpoint.is_secure(),
                &format!("{bucket}.{}{}", endpoint.authority(), endpoint.path()),
            ),
        };
        let base = base.map_err(|why| {
            Error::new(
                Kind::Usage,
                format!("the address of the bucket {bucket} cannot be used: {why}"),
            )
        })?;
        Ok(Site {
            base,
            region,
            bucket,
        })
    }

    /// The address of the bucket.
    pub fn base(&self) -> &HttpUrl {
        &self.base
    }
}

/// Reads an endpoint's address. A secret is not sent to it, but all of the bundles are, so that
/// others on the network must not be able to read along.
fn endpoint(text: &str) -> Result<HttpUrl> {
    let bad = |why: &str| {
        Error::new(
            Kind::Usage,
            format!("the S3 endpoint `{}` {why}", crate::git::redact(text)),
        )
        .hint("give one like https://s3.example.com (`endpoint:` of the destination, or AWS_ENDPOINT_URL)")
    };
    let url = match text.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => HttpUrl::read(scheme == "https", rest),
        _ => Err("it is neither https:// nor http://"),
    }
    .map_err(|why| bad(&format!("cannot be read: {why}")))?;
    if url.user().is_some() || text.contains(['?', '#']) {
        return Err(bad("has a login or a query, and it must have neither"));
    }
    if !url.is_private() {
        return Err(bad(
            "is plain http to another machine, where others could read the bundles",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(address: &str, set: &[(&str, &str)], path_style: Option<bool>) -> Result<Site> {
        let settings = Settings {
            path_style,
            ..Settings::of(Address::parse(address)?)
        };
        Site::of(&settings, &set.iter().copied().collect())
    }

    #[test]
    fn an_address_is_a_bucket_and_a_prefix_and_nothing_that_leads_elsewhere() {
        let of = |text: &str| Address::parse(text).map(|a| (a.bucket, a.prefix));
        let both = |bucket: &str, prefix: &str| (bucket.to_owned(), prefix.to_owned());
        assert_eq!(
            of("s3://b-1").unwrap(),
            of("s3://b-1/").unwrap_or(both("", ""))
        );
        assert_eq!(of("s3://bucket/a/b/").unwrap(), both("bucket", "a/b"));
        assert_eq!(of("s3://bucket/ä b+c").unwrap(), both("bucket", "ä b+c"));
        for bad in [
            "bucket/x",
            "s3:/b/x",
            "s3://",
            "s3://ab",
            "s3:///x",
            "s3://a..b/x",
            "s3://-ab/x",
            "s3://b cket/x",
            "s3://bücket/x",
            "s3://user@bucket/x",
            "s3://bucket:80/x",
            "s3://bucket/a//b",
            "s3://bucket/../b",
            "s3://bucket/a/./b",
            "s3://bucket/a\nb",
            "https://bucket/x",
        ] {
            assert_eq!(of(bad).unwrap_err().kind(), Kind::Usage, "{bad}");
        }
        let address = Address::parse("s3://bucket/a").unwrap();
        assert_eq!(address.join("widgets").to_string(), "s3://bucket/a/widgets");
        assert_eq!(Address::parse("s3://bucket").unwrap().key("x"), "x");
    }

    #[test]
    fn a_bucket_is_found_where_aws_or_the_endpoint_serves_it() {
        let at = |address, set: &[_], style| site(address, set, style).unwrap().base.plain();
        assert_eq!(
            at("s3://bucket/x", &[("AWS_REGION", "eu-central-1")], None),
            "https://bucket.s3.eu-central-1.amazonaws.com"
        );
        assert_eq!(
            at("s3://my.bucket/x", &[], None),
            "https://s3.us-east-1.amazonaws.com/my.bucket"
        );
        assert_eq!(
            at(
                "s3://bucket",
                &[("AWS_DEFAULT_REGION", "cn-north-1")],
                Some(true)
            ),
            "https://s3.cn-north-1.amazonaws.com.cn/bucket"
        );
        let own = [("AWS_ENDPOINT_URL", "https://minio.example:9000/")];
        assert_eq!(
            at("s3://bucket", &own, None),
            "https://minio.example:9000/bucket"
        );
        assert_eq!(
            at("s3://bucket", &own, Some(false)),
            "https://bucket.minio.example:9000"
        );
        let both = [own[0], ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")];
        assert_eq!(at("s3://bucket", &both, None), "http://127.0.0.1:9/bucket");
    }

    #[test]
    fn an_endpoint_where_others_could_read_along_is_refused() {
        for bad in [
            "http://minio.example:9000",
            "minio.example",
            "ftp://minio.example",
            "https://me:s3cret@minio.example",
            "https://minio.example/?x",
        ] {
            let e = site("s3://bucket", &[("AWS_ENDPOINT_URL", bad)], None).unwrap_err();
            assert_eq!(e.kind(), Kind::Usage, "{bad}");
            assert!(!e.in_full().contains("s3cret"), "{e}");
        }
        let region = site("s3://bucket", &[("AWS_REGION", "eu/../x")], None);
        assert_eq!(region.unwrap_err().kind(), Kind::Usage);
    }
}
