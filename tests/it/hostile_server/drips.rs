//! A byte now and then, so that no wait is ever over: the whole exchange has an end.

use super::*;
use stand_in::raw;

fn drip(bytes: impl Into<Vec<u8>>) -> Step {
    Step::Drip(bytes.into(), Duration::from_millis(300))
}

#[test]
fn refs_one_by_one_do_not_outlive_the_timeout() {
    let outs = log_of(|asked| match &asked.request {
        None => say(version2()),
        Some(_) => vec![drip(pkt(format!("{NOBODY} refs/heads/x\n")))],
    });
    all_end(&outs, &["unavailable"]);
    let outs = log_of(|_| vec![Step::Say(pkt("version 2\n")), drip(pkt("agent=x\n"))]);
    all_end(&outs, &["unavailable"]);
}

#[test]
fn signs_of_life_alone_do_not_keep_a_transfer_alive() {
    for number in [1, 2] {
        let steps = vec![Step::Say(pkt("packfile\n")), drip(pkt([number]))];
        let outs = log_of_pack(NOBODY.to_owned(), steps);
        all_end(&outs, &["unavailable", "integrity"]);
    }
}

#[test]
fn a_report_byte_by_byte_does_not_outlive_the_timeout() {
    let outs = push_of(|_| vec![drip(pkt([2, b'.']))]);
    all_end(&outs, &["unavailable"]);
}

#[test]
fn a_head_of_http_byte_by_byte_does_not_outlive_the_timeout() {
    let heads = [
        vec![drip(b"H".to_vec())],
        vec![
            Step::Say(b"HTTP/1.1 200 OK\r\n".to_vec()),
            drip(b"X: y\r\n".to_vec()),
        ],
        vec![
            Step::Say(b"HTTP/1.1 500 No\r\nContent-Type: text/plain\r\n\r\n".to_vec()),
            drip(b".".to_vec()),
        ],
    ];
    for steps in heads {
        let out = log_at(&raw(steps));
        all_end(&[out], &["unavailable"]);
    }
}

#[test]
fn a_line_that_is_held_open_is_left() {
    let outs = log_of(|asked| match &asked.request {
        None => [say(version2()), vec![Step::Hold]].concat(),
        Some(_) => vec![Step::Hold],
    });
    all_end(&outs, &["unavailable"]);
}

#[cfg(unix)]
#[test]
fn ssh_that_drips_is_left() {
    let out = log_through_ssh(
        "while :; do printf '003d1111111111111111111111111111111111111111 refs/heads/main'; sleep 0.3; done",
    );
    all_end(&[out], &["unavailable", "integrity"]);
}
