//! Feeds what libFuzzer makes to the target that `PYHACK_FUZZ_TARGET` names.
#![no_main]

use std::sync::LazyLock;

use cargo_pyhack::testing::{FUZZ_TARGETS, FuzzTarget};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<FuzzTarget> = LazyLock::new(|| {
    let name = std::env::var("PYHACK_FUZZ_TARGET").expect("fuzz/run sets PYHACK_FUZZ_TARGET");
    let found = FUZZ_TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = found.expect("fuzz/run knows the targets");
    *target
});

fuzz_target!(|data: &[u8]| TARGET(data));
