//! TCP's slow start, as a rate: how long a connection takes to let a volume through.
//!
//! In each round trip a sender has a window in flight: the initial one in the first, twice the
//! last one in each that follows, never more than the receiver takes. What leaves in a round is
//! under way at once; the next leaves a round trip later. Rounds end with the data, or when a
//! window fills the path for a whole round trip: what is left then flows as the path lets it.
//!
//! All the time that this takes on an idle path is the flow's: its cap is its volume over that
//! time, so that nothing is sent twice, links carry every bit, and on an idle path it takes its
//! rounds and the serialisation of what leaves in the last.
//!
//! Must not know who sends what.

/// How the window of a connection opens.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SlowStart {
    /// Bits of the first round, above zero.
    pub initial_bits: f64,
    /// Bits of a round at most: what the receiver takes, above zero.
    pub window_bits: f64,
    /// Which parameter of the request is the client's share of the round trip, ns, if there is
    /// one. Its share of the time is booked as
    /// [`Part::ClientNetwork`](super::Part::ClientNetwork).
    pub index: Option<u8>,
    /// The rest of the round trip, over site links, ns. Its share is booked as
    /// [`Part::WanPropagation`](super::Part::WanPropagation).
    pub fixed_ns: u64,
}

impl SlowStart {
    /// Time until the last of `bits` has left, from when the first does, ns, at a round trip of
    /// `rtt` ns over a path that lets `reach` bit/s through (infinity for any).
    #[must_use]
    #[inline]
    pub fn time(&self, bits: f64, rtt: f64, reach: f64) -> f64 {
        let filled = reach * rtt / 1e9;
        let serialised = |bits: f64| bits / reach * 1e9;
        let mut window = self.initial_bits.min(self.window_bits);
        let (mut left, mut rounds) = (bits, 0.0);
        while left > window && window < filled {
            if window >= self.window_bits {
                // As many whole windows as are left, and the rest in a round of its own.
                let more = libm::ceil(left / window) - 1.0;
                return (rounds + more) * rtt + serialised(left - more * window);
            }
            left -= window;
            rounds += 1.0;
            window = (2.0 * window).min(self.window_bits);
        }
        rounds * rtt + serialised(left)
    }

    /// The rate that takes as long, bit/s; never more than `reach`.
    #[must_use]
    #[inline]
    pub fn rate(&self, bits: f64, rtt: f64, reach: f64) -> f64 {
        (bits / self.time(bits, rtt, reach) * 1e9).min(reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of sending, MSS 1,460 bytes: initial window in segments, receiver's window in bytes.
    #[test]
    fn responses_take_the_rounds_of_the_table() {
        let columns = [(2.0, 17_520.0), (2.0, 65_535.0), (3.0, 65_535.0), (4.0, 65_535.0), (10.0, 65_535.0)];
        let table = [
            (50_000.0, [5.0, 5.0, 4.0, 4.0, 3.0]),
            (75_000.0, [7.0, 5.0, 5.0, 4.0, 3.0]),
            (261_500.0, [17.0, 8.0, 7.0, 7.0, 6.0]),
            (392_000.0, [25.0, 10.0, 9.0, 9.0, 8.0]),
        ];
        for (column, (segments, window)) in columns.into_iter().enumerate() {
            let initial_bits = segments * 1_460.0 * 8.0;
            let slow = SlowStart { initial_bits, window_bits: window * 8.0, index: None, fixed_ns: 0 };
            for (bytes, rounds) in table {
                // The first round leaves at once.
                let time = slow.time(bytes * 8.0, 80e6, f64::INFINITY);
                assert_eq!(time, (rounds[column] - 1.0) * 80e6, "{bytes} {segments} {window}");
            }
        }
    }

    /// 2 segments, 80 ms, a path of 1 Mbit/s, which 10,000 bytes fill: 2,920 and 5,840 bytes leave
    /// in a round each; the window of the third, 11,680, fills the path, and 41,240 bytes
    /// take 329.92 ms: 489.92 ms. Of 8,000 bytes the second round has the last 5,080: 80 and
    /// 40.64 ms. A path that the first window fills knows no rounds.
    #[test]
    fn rounds_end_when_the_path_is_full() {
        let slow = SlowStart { initial_bits: 23_360.0, window_bits: 524_280.0, index: None, fixed_ns: 0 };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-3, "{a} {b}");
        close(slow.time(400_000.0, 80e6, 1e6), 489.92e6);
        close(slow.rate(400_000.0, 80e6, 1e6), 400_000.0 / 0.489_92);
        close(slow.time(64_000.0, 80e6, 1e6), 120.64e6);
        assert_eq!(slow.time(400_000.0, 80e6, 100_000.0), 4e9);
        assert_eq!(slow.rate(400_000.0, 80e6, 100_000.0), 100_000.0);
        assert_eq!(slow.rate(400_000.0, 0.0, 1e6), 1e6);
        assert_eq!(slow.rate(20_000.0, 80e6, f64::INFINITY), f64::INFINITY);
    }
}
