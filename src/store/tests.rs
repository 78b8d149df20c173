use proptest::prelude::*;

use super::*;
use crate::kernel::SimSpan;
use crate::output::sample;
use crate::results::{UserReplication, Users};
use crate::stats::histogram::Histogram;

fn identity() -> Identity {
    Identity {
        // Any number: the layout does not follow what is sampled.
        results: 7,
        scenario: "ab".repeat(32),
        seed: 7,
        warmup: SimSpan(1),
        window: SimSpan(2),
        interval: SimSpan(3),
        zone: None,
    }
}

/// The layout, pinned by the digest of a result that has something of everything. If this
/// fails, files of before are not what they were: raise [`FORMAT`], then renew the digest.
#[test]
fn the_layout_is_that_of_its_number() {
    let bytes = to_bytes(&identity(), &sample::small());
    assert_eq!(
        (FORMAT, digest(&bytes).as_str()),
        (9, "fa2cf555c9b55ab7964a614927a3d66db945232c0b16c17cb79059a8b2036f21")
    );
}

/// What is kept of decisions likewise, and that each comes back as it was.
#[test]
fn decisions_are_laid_out_as_their_number_says() {
    use crate::output::sample::{decided, planned, sensitive};
    fn pinned<T: Keep + PartialEq + std::fmt::Debug>(all: Vec<T>) -> String {
        let mut whole = Vec::new();
        for one in all {
            let bytes = to_bytes(&identity(), &one);
            assert_eq!(from_bytes::<T>(&bytes).unwrap().1, one);
            whole.extend(bytes);
        }
        digest(&whole)[..16].to_owned()
    }
    let sweeps = decided::sweeps().into_iter().map(|(_, swept)| swept).chain([decided::searched()]);
    let found = [
        pinned(decided::comparisons().into_iter().map(|(_, comparison)| comparison).collect()),
        pinned(sweeps.collect()),
        pinned(planned::whole().into_iter().map(|(_, plans)| plans).collect()),
        pinned(sensitive::studies().into_iter().map(|(_, found)| found).collect()),
    ];
    assert_eq!(found, ["a0ad9d696ef25cbf", "6c0d08ffdab3471e", "1066a94a94da5329", "29f15fd30f93f2cc"]);
}

#[test]
fn a_file_is_written_whole_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.bin");
    let result = sample::small();
    let told = write(&path, &identity(), &result).unwrap();
    assert_eq!(told, digest(&fs::read(&path).unwrap()));
    assert_eq!(read::<RunResult>(&path).unwrap(), (identity(), result));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let missing = read::<RunResult>(&folder.path().join("other")).unwrap_err();
    assert!(matches!(missing, StoreError::System { doing: "read", .. }), "{missing}");
}

#[test]
fn what_is_not_ours_or_damaged_is_refused() {
    let bytes = to_bytes(&identity(), &sample::small());
    let fault = |bytes: &[u8]| from_bytes::<RunResult>(bytes).unwrap_err();
    assert_eq!(fault(b"seed = 1\n"), Fault::Foreign);
    assert_eq!(fault(&bytes[..bytes.len() - 1]), Fault::Damaged);
    assert_eq!(fault(&bytes[..20]), Fault::Damaged);
    let mut other = bytes.clone();
    other[8] = 10;
    assert_eq!(fault(&other), Fault::Format { found: 10 });
    for at in [12, bytes.len() / 2, bytes.len() - 40] {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert_eq!(fault(&bent), Fault::Damaged, "byte {at}");
    }
}

/// Any bits of a float, those of NaN and of zero with a sign included.
fn float() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}

proptest! {
    /// Equal bytes again, whatever the figures are: NaN is not equal to itself, its bytes are.
    #[test]
    fn a_result_comes_back_to_the_bit(
        floats in prop::collection::vec(float(), 6),
        ints in prop::collection::vec(any::<u64>(), 4),
        wide in any::<u128>(),
        values in prop::collection::vec(any::<u64>(), 0..200),
        name in ".{0,20}",
    ) {
        let mut result = sample::small();
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.record(value));
        result.cells[0].latency = histogram.clone();
        result.cells[0].class.clone_from(&name);
        result.cells[0].parts[3] = wide;
        result.cells[0].counts.requests = ints[0];
        result.cells[0].replications[0].latency_squares = floats[0];
        result.cells[0].replications[0].percentiles = [Some(ints[1]), None, Some(ints[2])];
        let late_p95 = [Some(floats[1]), None, None];
        let replications = vec![UserReplication { late_p95, ..UserReplication::default() }];
        result.users.push(Users { protocol: None, population: 0, clients: 3, late_p95: [None; 3], felt: [None; 2], replications });
        result.servers[0].utilisation_mean = floats[2];
        result.servers[0].wait = Some(histogram.clone());
        result.links[0].offered_bits = floats[3];
        result.series[0].points[0].p95 = Some(floats[4]);
        result.bottlenecks[0].law_peak = Some(floats[5]);
        result.window = SimSpan(ints[3]);
        result.names.populations[0].clone_from(&name);
        let bytes = to_bytes(&identity(), &result);
        let (who, again) = from_bytes::<RunResult>(&bytes).unwrap();
        prop_assert_eq!(&who, &identity());
        prop_assert_eq!(to_bytes(&who, &again), bytes);
        prop_assert_eq!(&again.cells[0].latency, &histogram);
        prop_assert_eq!(again.cells[0].latency.buckets().count(), histogram.buckets().count());
        prop_assert_eq!(again.servers[0].utilisation_mean.to_bits(), floats[2].to_bits());
        prop_assert_eq!(again.cells[0].parts, result.cells[0].parts);
    }
}
