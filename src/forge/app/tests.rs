//! The shape of the JWT, tested with a key that was made for these tests and opens nothing.

use super::*;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// TEST KEY ONLY: made for this file; no server knows it.
const PKCS1: &str = "\
-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAq3XuvqqgReuYGmx5pjaU3h9wHGPZU+IImDflbM5slBsn/T/P
PDWexqTtglxsZzPIftnW0jlXsY8Fx17K+wxYdLODPMorZKXg+b41ZZd67z9QHXWY
qK7bKt8UKqoqlILnt/9RYhANxhKwWjOn5eyXHZTYSsyJ2nhSAEzEvBQB/J3TQAKp
RZyU1ftGGXCowcBI/HutKLtkpmpiKoOROP1Jv9rCLOh8Gl17/XqB519HPgSyESko
LotRbkOrmMlEEb3R7lcRHJSD0bIejqYNRzJlXM2YsB2vd1EEMhGOxZMiaviHeZ9o
plOLrsiN3Rk5jyIg6O2ij/DNRFSxlYEqD5J7TQIDAQABAoIBAADo3/d9MnSvtcxg
fY3vGMx+45p69LwefsfHKb2K8NK7Io16guNBlsVcbaT1HMW4mOk3YNp+EspVEgV6
dsUGZ6SJQuDiyU0mf78p2uDeZ19ELKAjYuGn0wjZflYyaR+fL1+8bomaWgBbHzoz
SPV0bMhrsddGJrsU5VZ6eDBWDz0J9Ri9JgqDVnnhKaacTxxVo5gyZe3AXIG2p9Zz
yubiXMBVUQUEYIpLmDdh+XgXMr1Ug7+7O2TxJN4O3XEx66P/o2RKEuoSfuq78D/Z
sHDjDc8aglCvqEypWIon1XElzuEi2RB9VVNeihoox10Se7IyzpLfEYEp1RQ0Jssz
02RTSrECgYEA0vDzyHl/ehpwOVYzm6HbLwUHSvGi/qz3WtgUKWGZWfgi2Ro3sige
q4YGqoWtISNrqWHDXxVNL4MdRiXPdPg8PHIMfhJd14EUz9FdvNdQboVlkrWs7FzO
zrfDHC6W9s761jyT00yocX521932YllUPhjOx7T86T4TEJgi/LJDojkCgYEA0BYJ
qleBK80cg4rL3xNqWCeco3xPy+RreyGGVlXVcV3LFoyxQxUeaPbVW8nBJX54I2C0
ZmJmQIu0t2zRlSQylvAOyWqChD1uRbEIMRbyBJE6EQab6v7KqB0KffEkDljSxIBE
ogMb61zzc7Hw3xoLdViX6jhIwEn4ch+XBWvTEbUCgYBMs1yRasxVg8OGtbdyQbpH
MJbkQ1S3MgGHQMaj/V8bfcR+GLBj0X7Fc6h83LqFMDH3lxrJOh+kxRIh7aGvsIuG
lxm/xcHlmIQOxNxGzCvs5Ah4/iJwl5aDSAJj/vTZrY071S8TR+5/xjJEb+sk+8JM
Cg02RLMpxG5+PDOMmu1I0QKBgFBw5IWkVDwRi79STaPMBqVTktskeFiS0fYErMD9
Z4juwE7UTsZnCJ19JlfYc8FB1cGfZb3atjqnh1INUCv+lUwCO0Uj1pa2hMWOPWN0
wlR/q9nfGzFKFB/PMjojmVOuhLQP/fg/iXCAO2DzXfFxSRKxD/Eslvs23UOI8MHY
v/ytAoGBAIvUlco3FA8vNolrltZT3EboVY8VVqjIk8o6/GrD+uehJ/Qzo01GYM3l
Pp1ViI58bDQoL01bXRJNtOSXJxo05JdyJeK2H8TqJ/WsaNbpJgC59ZqOD3wOkF23
g1YoXgVMSwOiJTI2ckdCm90B35z86zivgFk1zXY6JucQ2M5TfrD9
-----END RSA PRIVATE KEY-----
";

/// TEST KEY ONLY: the same key in the other form.
const PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCrde6+qqBF65ga
bHmmNpTeH3AcY9lT4giYN+VszmyUGyf9P888NZ7GpO2CXGxnM8h+2dbSOVexjwXH
Xsr7DFh0s4M8yitkpeD5vjVll3rvP1AddZiortsq3xQqqiqUgue3/1FiEA3GErBa
M6fl7JcdlNhKzInaeFIATMS8FAH8ndNAAqlFnJTV+0YZcKjBwEj8e60ou2SmamIq
g5E4/Um/2sIs6HwaXXv9eoHnX0c+BLIRKSgui1FuQ6uYyUQRvdHuVxEclIPRsh6O
pg1HMmVczZiwHa93UQQyEY7FkyJq+Id5n2imU4uuyI3dGTmPIiDo7aKP8M1EVLGV
gSoPkntNAgMBAAECggEAAOjf930ydK+1zGB9je8YzH7jmnr0vB5+x8cpvYrw0rsi
jXqC40GWxVxtpPUcxbiY6Tdg2n4SylUSBXp2xQZnpIlC4OLJTSZ/vyna4N5nX0Qs
oCNi4afTCNl+VjJpH58vX7xuiZpaAFsfOjNI9XRsyGux10YmuxTlVnp4MFYPPQn1
GL0mCoNWeeEpppxPHFWjmDJl7cBcgban1nPK5uJcwFVRBQRgikuYN2H5eBcyvVSD
v7s7ZPEk3g7dcTHro/+jZEoS6hJ+6rvwP9mwcOMNzxqCUK+oTKlYiifVcSXO4SLZ
EH1VU16KGijHXRJ7sjLOkt8RgSnVFDQmyzPTZFNKsQKBgQDS8PPIeX96GnA5VjOb
odsvBQdK8aL+rPda2BQpYZlZ+CLZGjeyKB6rhgaqha0hI2upYcNfFU0vgx1GJc90
+Dw8cgx+El3XgRTP0V2811BuhWWStazsXM7Ot8McLpb2zvrWPJPTTKhxfnbX3fZi
WVQ+GM7HtPzpPhMQmCL8skOiOQKBgQDQFgmqV4ErzRyDisvfE2pYJ5yjfE/L5Gt7
IYZWVdVxXcsWjLFDFR5o9tVbycElfngjYLRmYmZAi7S3bNGVJDKW8A7JaoKEPW5F
sQgxFvIEkToRBpvq/sqoHQp98SQOWNLEgESiAxvrXPNzsfDfGgt1WJfqOEjASfhy
H5cFa9MRtQKBgEyzXJFqzFWDw4a1t3JBukcwluRDVLcyAYdAxqP9Xxt9xH4YsGPR
fsVzqHzcuoUwMfeXGsk6H6TFEiHtoa+wi4aXGb/FweWYhA7E3EbMK+zkCHj+InCX
loNIAmP+9NmtjTvVLxNH7n/GMkRv6yT7wkwKDTZEsynEbn48M4ya7UjRAoGAUHDk
haRUPBGLv1JNo8wGpVOS2yR4WJLR9gSswP1niO7ATtROxmcInX0mV9hzwUHVwZ9l
vdq2OqeHUg1QK/6VTAI7RSPWlraExY49Y3TCVH+r2d8bMUoUH88yOiOZU66EtA/9
+D+JcIA7YPNd8XFJErEP8SyW+zbdQ4jwwdi//K0CgYEAi9SVyjcUDy82iWuW1lPc
RuhVjxVWqMiTyjr8asP656En9DOjTUZgzeU+nVWIjnxsNCgvTVtdEk205JcnGjTk
l3Il4rYfxOon9axo1ukmALn1mo4PfA6QXbeDViheBUxLA6IlMjZyR0Kb3QHfnPzr
OK+AWTXNdjom5xDYzlN+sP0=
-----END PRIVATE KEY-----
";

/// Its public half, DER in base64.
const PUBLIC: &str = "\
MIIBCgKCAQEAq3XuvqqgReuYGmx5pjaU3h9wHGPZU+IImDflbM5slBsn/T/PPDWe\
xqTtglxsZzPIftnW0jlXsY8Fx17K+wxYdLODPMorZKXg+b41ZZd67z9QHXWYqK7b\
Kt8UKqoqlILnt/9RYhANxhKwWjOn5eyXHZTYSsyJ2nhSAEzEvBQB/J3TQAKpRZyU\
1ftGGXCowcBI/HutKLtkpmpiKoOROP1Jv9rCLOh8Gl17/XqB519HPgSyESkoLotR\
bkOrmMlEEb3R7lcRHJSD0bIejqYNRzJlXM2YsB2vd1EEMhGOxZMiaviHeZ9oplOL\
rsiN3Rk5jyIg6O2ij/DNRFSxlYEqD5J7TQIDAQAB";

fn parts(jwt: &Secret) -> Vec<String> {
    jwt.reveal().split('.').map(str::to_owned).collect()
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn a_jwt_says_who_and_when_and_is_signed() {
    use base64::engine::general_purpose::STANDARD;
    let public = STANDARD.decode(PUBLIC.replace('\n', "")).unwrap();
    let now = 1_700_000_000;
    for pem in [PKCS1, PKCS8] {
        let app = App::new(123, pem.as_bytes()).unwrap();
        let parts = parts(&app.jwt(now).unwrap());
        assert_eq!(parts.len(), 3);
        assert_eq!(json_of(&parts[0])["alg"], "RS256");
        let claims = json_of(&parts[1]);
        assert_eq!(claims["iss"], "123");
        assert_eq!(
            (claims["iat"].as_i64(), claims["exp"].as_i64()),
            (Some(now - 60), Some(now + 540))
        );
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public)
            .verify(
                format!("{}.{}", parts[0], parts[1]).as_bytes(),
                &URL_SAFE_NO_PAD.decode(&parts[2]).unwrap(),
            )
            .unwrap();
    }
}

#[test]
fn what_is_no_rsa_key_is_refused_and_not_repeated() {
    for bad in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(App::new(1, bad.as_bytes()).is_none(), "{bad}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = GitHubAppFile {
        id: 1,
        private_key_file: dir.path().join("key.pem"),
        installation: None,
    };
    assert_eq!(App::load(&file).unwrap_err().kind(), Kind::Usage);
    std::fs::write(&file.private_key_file, PKCS1).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |m| {
            std::fs::set_permissions(&file.private_key_file, std::fs::Permissions::from_mode(m))
                .unwrap()
        };
        mode(0o644);
        assert_eq!(App::load(&file).unwrap_err().kind(), Kind::Auth);
        mode(0o600);
    }
    let app = App::load(&file).unwrap();
    assert!(!format!("{app:?}").contains("MII"));
}

#[test]
fn a_token_of_any_length_and_its_end_are_read() {
    let (secret, end) = minted(
        &json!({"token": "ghs_x", "expires_at": "2023-11-14T22:13:20Z"}),
        5,
    )
    .unwrap();
    assert_eq!((secret.reveal(), end), ("ghs_x", 1_700_000_000));
    let (_, end) = minted(&json!({"token": "t"}), 5).unwrap();
    assert_eq!(end, 3605);
    assert!(minted(&json!({}), 5).is_err());
}
