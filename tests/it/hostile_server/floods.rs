//! More than anybody asked for.

use super::*;
use stand_in::raw;

fn flood(bytes: impl Into<Vec<u8>>) -> Step {
    // In large pieces: a flood of small writes is none.
    let bytes = bytes.into();
    Step::Flood(bytes.repeat((64 << 10) / bytes.len() + 1))
}

#[test]
fn a_list_of_refs_without_end_is_cut_off() {
    let outs = log_of(|asked| match &asked.request {
        None => say(version2()),
        Some(_) => vec![flood(pkt(format!(
            "{NOBODY} refs/heads/{}\n",
            "x".repeat(400)
        )))],
    });
    all_end(&outs, &["unavailable", "denied", "integrity"]);
}

#[test]
fn a_greeting_without_end_is_cut_off() {
    let lines = [
        pkt("agent=x\n"),
        pkt(format!("{NOBODY} refs/heads/{}\n", "y".repeat(400))),
        pkt("x".repeat(60_000)),
    ];
    for line in lines {
        let theirs = line.clone();
        let outs = log_of(move |_| vec![Step::Say(pkt("version 2\n")), flood(theirs.clone())]);
        all_end(&outs, &["unavailable", "denied", "integrity"]);
        let outs = log_of(move |_| vec![flood(line.clone())]);
        all_end(&outs, &["unavailable", "denied", "integrity"]);
    }
}

#[test]
fn progress_without_end_is_cut_off_and_not_kept() {
    for number in [2, 3] {
        let steps = vec![
            Step::Say(pkt("packfile\n")),
            flood(band(number, "counting objects: 100%\n".repeat(1000))),
        ];
        let outs = log_of_pack(NOBODY.to_owned(), steps);
        all_end(&outs, &["unavailable", "denied", "integrity", "not_found"]);
    }
}

#[test]
fn a_pack_without_end_is_cut_off() {
    // Whole objects without end, as many as a pack may say that it has.
    let start = [b"PACK\0\0\0\x02".to_vec(), u32::MAX.to_be_bytes().to_vec()].concat();
    let steps = vec![
        Step::Say([pkt("packfile\n"), band(1, start)].concat()),
        flood(band(1, packs::whole(packs::BLOB, b"the same").repeat(3000))),
    ];
    let outs = log_of_pack(NOBODY.to_owned(), steps);
    all_end(&outs, &["unavailable", "denied", "integrity"]);
}

#[test]
fn a_report_without_end_is_cut_off() {
    let inner = pkt("unpack ok\n");
    for number in [1, 2, 3] {
        let piece = band(number, inner.repeat(2000));
        let outs = push_of(move |_| vec![flood(piece.clone())]);
        all_end(&outs, &["unavailable", "denied", "integrity"]);
    }
    let outs = push_of(|request| {
        let name = new_ref(request);
        vec![
            Step::Say(band(1, pkt("unpack ok\n"))),
            flood(band(1, pkt(format!("ng {name} {}\n", "no ".repeat(300))))),
        ]
    });
    all_end(&outs, &["unavailable", "denied", "integrity", "conflict"]);
}

#[test]
fn an_answer_of_http_without_end_is_cut_off() {
    let ok = b"HTTP/1.1 200 OK\r\n".to_vec();
    let heads = [
        vec![
            Step::Say(ok.clone()),
            flood(b"X-More: of the same\r\n".to_vec()),
        ],
        vec![Step::Say(ok), flood(b"x".to_vec())],
        vec![
            Step::Say(b"HTTP/1.1 500 No\r\nContent-Type: text/plain\r\n\r\n".to_vec()),
            flood(b"an error without end\n".to_vec()),
        ],
        vec![
            Step::Say(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n".to_vec()),
            flood(b"log in\n".to_vec()),
        ],
        vec![
            Step::Say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec()),
            flood(b"<html>".to_vec()),
        ],
    ];
    for steps in heads {
        let out = log_at(&raw(steps));
        all_end(&[out], &["unavailable", "auth", "not_found"]);
    }
}

#[cfg(unix)]
#[test]
fn what_ssh_says_without_end_is_cut_off() {
    let out = log_through_ssh("yes 'a warning of the server' >&2");
    all_end(&[out], &["unavailable"]);
    let out = log_through_ssh("yes 003e1111111111111111111111111111111111111111 refs/heads/main");
    all_end(&[out], &["unavailable", "denied", "integrity"]);
}
