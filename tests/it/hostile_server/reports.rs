//! What a server says of a push.

use super::*;

fn report(lines: &[String]) -> Vec<u8> {
    let mut inner: Vec<u8> = lines.iter().flat_map(pkt).collect();
    inner.extend(b"0000");
    [band(1, inner), b"0000".to_vec()].concat()
}

/// The lines that take each ref of a push but the sandbox, whose line the caller says.
fn others_ok(request: &[u8]) -> Vec<String> {
    let sandbox = new_ref(request);
    let others = new_refs(request)
        .into_iter()
        .filter(|name| *name != sandbox);
    others.map(|name| format!("ok {name}\n")).collect()
}

/// A report of stored objects, with `lines` and each other ref taken.
fn report_of(request: &[u8], lines: &[String]) -> Vec<u8> {
    let unpacked = ["unpack ok\n".to_owned()];
    report(&[&unpacked, lines, &others_ok(request)].concat())
}

#[test]
fn a_report_that_leaves_the_ref_out_is_not_taken_for_a_success() {
    let outs = push_of(|request| say(report_of(request, &[])));
    all_end(&outs, &["unavailable", "integrity", "conflict"]);
}

#[test]
fn a_report_of_another_ref_is_not_taken_for_this_one() {
    let outs = push_of(|request| say(report_of(request, &["ok refs/heads/another\n".into()])));
    all_end(&outs, &["unavailable", "integrity", "conflict"]);
    let outs = push_of(|request| {
        let name = new_ref(request);
        say(report_of(request, &[format!("ok {name}x\n")]))
    });
    all_end(&outs, &["unavailable", "integrity", "conflict"]);
}

#[test]
fn a_ref_that_is_listed_while_somebody_deletes_it_stops_nobody() {
    const ZERO: &str = "0000000000000000000000000000000000000000";
    let outs = push_beside(Some((ZERO, "refs/heads/going")), |request| {
        say(report_of(request, &[format!("ok {}\n", new_ref(request))]))
    });
    for out in outs {
        out.ok();
    }
}

#[test]
fn objects_that_were_not_stored_are_no_success() {
    let outs = push_of(|request| {
        let ok = format!("ok {}\n", new_ref(request));
        let unpacked = ["unpack no room\n".into(), ok];
        say(report(&[&unpacked[..], &others_ok(request)].concat()))
    });
    all_end(&outs, &["denied", "unavailable", "integrity"]);
}

#[test]
fn a_report_that_says_yes_and_no_of_one_ref_is_no_success() {
    for order in [["ok", "ng"], ["ng", "ok"]] {
        let outs = push_of(move |request| {
            let name = new_ref(request);
            let lines = order.map(|word| match word {
                "ok" => format!("ok {name}\n"),
                _ => format!("ng {name} no\n"),
            });
            say(report_of(request, &lines))
        });
        all_end(&outs, &["denied", "unavailable", "integrity", "conflict"]);
    }
}

#[test]
fn a_report_that_breaks_off_is_no_success() {
    let outs = push_of(|request| {
        let name = new_ref(request);
        let whole = report(&["unpack ok\n".into(), format!("ok {name}\n")]);
        say(whole[..20].to_vec())
    });
    all_end(&outs, &["unavailable", "integrity"]);
    let outs = push_of(|_| say(Vec::new()));
    all_end(&outs, &["unavailable", "integrity"]);
}

#[test]
fn a_reason_cannot_steer_the_terminal_nor_fill_it() {
    let outs = push_of(|request| {
        let name = new_ref(request);
        let reason = format!(
            "\u{1b}]0;owned\u{7}\u{1b}[31mno\r\nerror: all is well {}",
            "x".repeat(50_000)
        );
        say(report_of(request, &[format!("ng {name} {reason}\n")]))
    });
    all_end(&outs, &["denied", "unavailable", "integrity", "conflict"]);
    for out in &outs {
        assert!(
            !out.all().contains('\u{1b}'),
            "a control character is shown\n{out}"
        );
        assert!(
            !out.all().contains('\u{7}'),
            "a control character is shown\n{out}"
        );
        assert!(
            out.all().len() < 8 << 10,
            "{} bytes were said",
            out.all().len()
        );
    }
}

#[test]
fn a_band_of_errors_ends_the_push_with_its_words() {
    let outs = push_of(|_| say([band(3, "the disk is full\n"), b"0000".to_vec()].concat()));
    all_end(&outs, &["unavailable", "denied", "integrity"]);
}

#[test]
fn a_report_of_a_move_that_is_not_to_be_seen_is_told_where_pushes_are_confirmed() {
    for (confirms, kind) in [(true, "unavailable"), (false, "")] {
        let w = World::path();
        let config = format!("transfer: {{confirm_pushes: {confirms}}}\n");
        w.env.operator_config(&config);
        let tip = w.remote.tip("sandbox");
        let server = StandIn::start(move |asked| match (&asked.request, asked.pushes) {
            (None, true) => say(greeting(&[
                (&tip, "refs/aidf/id"),
                (&tip, "refs/heads/sandbox"),
            ])),
            (Some(request), true) => {
                let ok = format!("ok {}\n", new_ref(request));
                say(report_of(request, &[ok]))
            }
            (None, false) => say(version2()),
            (Some(_), false) => {
                let list = pkt(format!("{tip} refs/heads/sandbox\n"));
                say([list, b"0000".to_vec()].concat())
            }
        });
        w.git(&["remote", "set-url", "origin", &server.git()]);
        let args = ["sandbox", "init", "--force-new", "--timeout", "1", "--json"];
        let out = w.call(&args).run();
        match confirms {
            true => assert_eq!(out.error()["kind"], kind, "{out}"),
            // git's servers do not lie: by default their word is enough, as it is for git.
            false => assert_eq!(out.code, 0, "{out}"),
        }
    }
}
