//! Lists of refs that mean harm.

use super::*;

fn log_of_list(lines: &[&str]) -> Vec<Out> {
    let mut list: Vec<u8> = lines.iter().flat_map(|l| pkt(format!("{l}\n"))).collect();
    list.extend(b"0000");
    log_of(move |asked| match &asked.request {
        None => say(version2()),
        Some(_) => say(list.clone()),
    })
}

#[test]
fn names_that_no_ref_has_are_not_believed() {
    let names = [
        "refs/heads/../../../../tmp/x",
        "refs/heads/main.lock",
        "refs/heads/a..b",
        "refs/heads/\u{1b}[2Jmain",
        "/etc/passwd",
        "refs/heads/",
        "refs/heads/x y",
    ];
    for name in names {
        let line = format!("{NOBODY} {name}");
        let outs = log_of_list(&[&line]);
        all_end(&outs, &["unavailable", "not_found", "integrity"]);
        for out in &outs {
            assert!(
                !out.all().contains('\u{1b}'),
                "a control character is shown\n{out}"
            );
        }
    }
}

#[test]
fn an_id_that_is_none_is_an_error() {
    for id in [
        "",
        "1",
        "zz11111111111111111111111111111111111111",
        &"1".repeat(64),
        &"1".repeat(39),
    ] {
        let line = format!("{id} refs/heads/main");
        let outs = log_of_list(&[&line]);
        all_end(&outs, &["unavailable", "not_found", "integrity", "usage"]);
    }
}

#[test]
fn one_name_with_two_ids_is_an_error_or_one_of_them() {
    let one = format!("{NOBODY} refs/heads/main");
    let two = format!("{} refs/heads/main", "2".repeat(40));
    let outs = log_of_list(&[&one, &two]);
    all_end(&outs, &["unavailable", "not_found", "integrity"]);
}

#[test]
fn a_head_that_points_at_anything_is_not_followed_out_of_the_repository() {
    for target in ["../../../../etc/passwd", "refs/heads/\u{7}bell", "HEAD", ""] {
        let head = format!("{NOBODY} HEAD symref-target:{target}");
        let outs = log_of_list(&[&head]);
        all_end(&outs, &["unavailable", "not_found", "integrity"]);
        for out in &outs {
            assert!(
                !out.all().contains('\u{7}'),
                "a control character is shown\n{out}"
            );
        }
    }
}

#[test]
fn a_list_of_more_refs_than_is_taken_says_which_setting_takes_more() {
    let w = World::path();
    w.env.operator_config("transfer:\n  refs: 2\n");
    let tip = w.remote.tip("main");
    let server = StandIn::start(move |asked| match &asked.request {
        None => say(version2()),
        Some(_) => {
            let lines = ["a", "b", "main"].map(|n| pkt(format!("{tip} refs/heads/{n}\n")));
            say([lines.concat(), b"0000".to_vec()].concat())
        }
    });
    w.git(&["remote", "set-url", "origin", &server.git()]);
    let out = w
        .call(&["sandbox", "list", "--timeout", "1", "--json"])
        .watched()
        .run();
    all_end(std::slice::from_ref(&out), &["unavailable"]);
    all_say(&[out], "transfer.refs");
}
