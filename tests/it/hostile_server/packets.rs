//! Packets that the format does not have.

use super::*;

/// `aidf log` and a push meet these bytes where a greeting is due.
#[track_caller]
fn greeted_by(bytes: &[u8]) {
    let theirs = bytes.to_vec();
    let outs = log_of(move |_| say(theirs.clone()));
    all_end(&outs, &["unavailable", "integrity", "not_found", "usage"]);
    let w = World::path();
    let theirs = bytes.to_vec();
    let server = StandIn::start(move |_| say(theirs.clone()));
    w.git(&["remote", "set-url", "origin", &server.git()]);
    let args = ["sandbox", "init", "--force-new", "--timeout", "1", "--json"];
    let out = w.call(&args).watched().run();
    all_end(&[out], &["unavailable", "integrity", "not_found", "usage"]);
}

#[test]
fn the_longest_length_that_four_digits_say_ends_nothing() {
    greeted_by(&[b"ffff".to_vec(), vec![b'x'; 0xffff - 4]].concat());
    greeted_by(b"ffff");
    greeted_by(&[b"fff1".to_vec(), vec![0; 0xfff1 - 4]].concat());
}

#[test]
fn lengths_that_are_none_are_an_error() {
    for bytes in [
        b"zzzz".as_slice(),
        b"-001",
        b" 1 2",
        b"0003",
        b"00\0\0",
        b"+fff",
    ] {
        greeted_by(bytes);
    }
}

#[test]
fn lines_that_break_off_or_hold_no_text_are_an_error() {
    let odd: [&[u8]; 6] = [
        b"",
        b"00",
        b"0040version",
        b"0008\xff\xfe\n\0",
        b"0005\n0000",
        b"000eversion 9\n0000",
    ];
    for bytes in odd {
        greeted_by(bytes);
    }
}

#[test]
fn a_band_that_nobody_knows_is_no_part_of_a_pack() {
    let (entries, id) = packs::commit();
    let pack = packs::pack(2, &entries);
    for number in [0, 4, 255] {
        let bytes = [pkt("packfile\n"), band(number, &pack), b"0000".to_vec()].concat();
        let outs = log_of_pack(id.clone(), say(bytes));
        all_end(&outs, &["unavailable", "integrity", "not_found"]);
    }
}

#[test]
fn a_section_that_was_not_asked_for_is_no_pack() {
    for section in [
        "shallow-info\n",
        "acknowledgments\n",
        "packfile-uris\n",
        "nonsense\n",
    ] {
        let bytes = [pkt(section), pkt("NAK\n"), b"0000".to_vec()].concat();
        let outs = log_of_pack(NOBODY.to_owned(), say(bytes));
        all_end(&outs, &["unavailable", "integrity", "not_found"]);
    }
}

#[cfg(unix)]
#[test]
fn what_stands_in_for_ssh_is_held_to_the_same() {
    let out = log_through_ssh("printf ffff; head -c 65531 /dev/zero");
    all_end(&[out], &["unavailable", "integrity"]);
    let out = log_through_ssh("printf '0008\\377\\376\\n\\n'");
    all_end(&[out], &["unavailable", "integrity", "not_found", "usage"]);
}
