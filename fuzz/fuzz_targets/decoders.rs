//! libFuzzer's door to the targets of `aidf::fuzzing`: `AIDF_FUZZ_TARGET` names the one.
//! What Rust allocates for an input is held to the target's bound, C's to libFuzzer's.
#![no_main]

use aidf::fuzzing::{Target, targets};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

/// Counts what is held, and ends the process where it is more than it may be.
struct Counting;

static HELD: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(isize::MAX);

fn held(change: isize) {
    let now = HELD.fetch_add(change, Relaxed) + change;
    if change > 0 && now > MOST.load(Relaxed) {
        // Messages need memory too.
        MOST.store(isize::MAX, Relaxed);
        panic!("an input holds more memory than its target may: {now} bytes in all");
    }
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        held(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        held(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        held(-(layout.size() as isize));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        held(size as isize - layout.size() as isize);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn target() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let all = targets();
        let wanted = std::env::var("AIDF_FUZZ_TARGET").unwrap_or_default();
        match all.iter().find(|t| t.name == wanted) {
            Some(found) => *found,
            None => {
                let names: Vec<&str> = all.iter().map(|t| t.name).collect();
                eprintln!("set AIDF_FUZZ_TARGET to one of: {}", names.join(" "));
                std::process::exit(2);
            }
        }
    })
}

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

/// Rust's own start has writes to a child that is gone fail with an error. Here libFuzzer's
/// `main` runs in its place, and such a write would end the process without a word.
fn ignore_broken_pipes() {
    const SIGPIPE: i32 = 13;
    const SIG_IGN: usize = 1;
    // SAFETY: no handler of ours runs.
    unsafe { signal(SIGPIPE, SIG_IGN) };
}

libfuzzer_sys::fuzz_target!(init: ignore_broken_pipes(), |data: &[u8]| {
    let target = target();
    let may = target.memory.saturating_add(data.len() * 64);
    MOST.store(HELD.load(Relaxed).saturating_add_unsigned(may), Relaxed);
    (target.run)(data);
    MOST.store(isize::MAX, Relaxed);
});
