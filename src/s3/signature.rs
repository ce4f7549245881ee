//! AWS Signature Version 4 of requests to S3, in the `Authorization` header ("Authenticating
//! Requests: Using the Authorization Header" of the Amazon S3 API Reference). Pure.

use super::credentials::Credentials;
use crate::clock::Moment;
use crate::files::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The algorithm's name.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed of a request.
pub struct Signed<'r> {
    /// GET, PUT, …
    pub method: &'r str,
    /// The path, encoded by [`encode`].
    pub path: &'r str,
    /// The query, as [`query`] writes it.
    pub query: &'r str,
    /// Every header that is sent and that somebody could alter: names in lower case.
    pub headers: &'r [(String, String)],
    /// The SHA-256 of the body, in hexadecimal.
    pub payload: &'r str,
}

/// `20261122T101112Z`
pub fn date(moment: Moment) -> String {
    moment.compact().replace('-', "")
}

/// Percent-encodes all but RFC 3986's unreserved characters; `keep` are kept too.
pub fn encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b.is_ascii_alphanumeric() || b"-._~".contains(&b) || keep.contains(&b) {
            true => out.push(char::from(b)),
            false => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The path of a key, which keeps its slashes.
pub fn path(key: &str) -> String {
    encode(key, b"/")
}

/// A query: each part is encoded, and they are in order.
pub fn query(parts: &[(&str, &str)]) -> String {
    let mut all: Vec<(String, String)> = parts
        .iter()
        .map(|(name, value)| (encode(name, b""), encode(value, b"")))
        .collect();
    all.sort();
    let all: Vec<String> = all.into_iter().map(|(n, v)| format!("{n}={v}")).collect();
    all.join("&")
}

/// The value of the `Authorization` header.
pub fn authorization(
    request: &Signed<'_>,
    credentials: &Credentials,
    region: &str,
    moment: Moment,
) -> String {
    let mut headers: Vec<(String, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, request.query);
    for (name, value) in &headers {
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    canonical.push_str(&format!("\n{names}\n{}", request.payload));

    let date = date(moment);
    let day = date.get(..8).unwrap_or_default();
    let scope = format!("{day}/{region}/s3/aws4_request");
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", credentials.secret.reveal()).into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = mac(&key, part.as_bytes());
    }
    let signature = hex(&mac(&key, to_sign.as_bytes()));
    format!(
        "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.id
    )
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// A request of the examples in the Amazon S3 API Reference, all of 24 May 2013.
    fn signed(method: &str, key: &str, query: &str, more: &[(&str, &str)], body: &[u8]) -> String {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            token: None,
        };
        let moment = Moment::from_rfc3339("2013-05-24T00:00:00Z").unwrap();
        let payload = hex(&Sha256::digest(body));
        let own = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", &payload),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let headers: Vec<(String, String)> = own
            .iter()
            .chain(more)
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect();
        let request = Signed {
            method,
            path: &format!("/{}", path(key)),
            query,
            headers: &headers,
            payload: &payload,
        };
        let header = authorization(&request, &credentials, "us-east-1", moment);
        let scope = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,";
        assert!(
            header.starts_with(&format!("AWS4-HMAC-SHA256 {scope}")),
            "{header}"
        );
        let (_, signature) = header.split_once("Signature=").unwrap();
        signature.to_owned()
    }

    #[test]
    fn requests_are_signed_as_in_the_examples_of_the_reference() {
        assert_eq!(
            signed("GET", "test.txt", "", &[("range", "bytes=0-9")], b""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        assert_eq!(
            signed("PUT", "test$file.text", "", &put, b"Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            signed("GET", "", "lifecycle=", &[], b""),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signed(
                "GET",
                "",
                &query(&[("prefix", "J"), ("max-keys", "2")]),
                &[],
                b""
            ),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn what_a_key_holds_is_encoded_once_and_its_slashes_are_kept() {
        assert_eq!(path("a b/ä+c~d.e"), "a%20b/%C3%A4%2Bc~d.e");
        assert_eq!(
            query(&[("uploads", ""), ("a", "x/y z")]),
            "a=x%2Fy%20z&uploads="
        );
    }
}
