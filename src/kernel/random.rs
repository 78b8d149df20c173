//! Named draws: a draw is a function of its name, never of global order.
//!
//! A [`Key`] is a 64-bit hash of a path of names and numbers: seed, replication,
//! population or source, client, protocol, session, request, attempt. A draw adds
//! the [`Role`] (what the number is for) and the visit (how often this request has
//! come back to the same leg), and the two together open a
//! [`Pcg64Mcg`]. Adding or reordering entities therefore moves
//! no other entity's draws, and two scenarios that differ in topology alone see
//! the same users doing the same things (common random numbers).
//!
//! The hash is written down here, since a library's may change: every step is
//! `mix(a, b) = fmix64((a xor b * P) + Q)` with `fmix64` the finaliser of
//! MurmurHash3 (Appleby, public domain) and P, Q the odd constants below; a name
//! enters as its FNV-1a hash. The 128-bit state that a draw's generator starts from
//! is `(low xor Q) * P` above `low = mix(key xor role, visit)`.
//!
//! Must not know what the draws mean. Next: [`super::distribution`].

use rand_pcg::Pcg64Mcg;

/// What every draw comes from, by name and version, for the record of a run.
pub const GENERATOR: &str = "Pcg64Mcg of rand_pcg 0.10.3 opened by a hash of the draw's name; \
                             laws of rand_distr 0.6.0 written out over libm 0.2.16";

/// What every logarithm, exponential and power of a result comes from, and what is left to the processor.
pub const MATHEMATICS: &str = "logarithms, exponentials, powers and trigonometry of libm 0.2.16, compiled in; \
                               the four operations and square roots of the processor, which IEEE 754 rounds \
                               alike everywhere, and never fused";

const P: u64 = 0x9E37_79B9_7F4A_7C15;
const Q: u64 = 0xD1B5_4A32_D192_ED03;

/// The finaliser of MurmurHash3: a bijection of 64 bits in which every input bit
/// changes every output bit with probability near one half.
#[inline]
#[must_use]
const fn fmix64(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    x ^= x >> 33;
    x = x.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    x ^ (x >> 33)
}

#[inline]
#[must_use]
const fn mix(a: u64, b: u64) -> u64 {
    fmix64((a ^ b.wrapping_mul(P)).wrapping_add(Q))
}

/// FNV-1a, 64 bits.
#[must_use]
pub const fn fnv1a(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        i += 1;
    }
    hash
}

/// What a draw is for. Two purposes never share a role; a role is a hash of its
/// name, so that a new one moves none of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Role(pub u64);

impl Role {
    /// The role of this name.
    #[must_use]
    pub const fn new(name: &str) -> Self {
        Self(fnv1a(name))
    }
}

/// The name of an entity, hashed; names draws and children.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Key(pub u64);

impl Key {
    /// The root of all names of one replication. The seed and the replication
    /// number are two inputs, so that replications never share a stream.
    #[must_use]
    pub fn root(seed: u64, replication: u32) -> Self {
        Self(mix(mix(P, seed), u64::from(replication)))
    }

    /// The key of the entity called `name` below this one.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self(mix(self.0, fnv1a(name)))
    }

    /// The key of the `n`-th child.
    #[inline]
    #[must_use]
    pub fn child(self, n: u64) -> Self {
        Self(mix(self.0, n))
    }

    /// The generator of one draw (or of one fixed sequence of draws).
    #[inline]
    #[must_use]
    pub fn stream(self, role: Role, visit: u32) -> Pcg64Mcg {
        let low = mix(self.0 ^ role.0, u64::from(visit));
        // One multiplication spreads it further; the generator's own step does the rest.
        let high = (low ^ Q).wrapping_mul(P);
        // Pcg64Mcg makes the state odd itself.
        Pcg64Mcg::new((u128::from(high) << 64) | u128::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    /// The generator (PCG XSL RR 128/64 MCG) and how a stream is opened: the first
    /// draws of three streams. A change here changes every result.
    #[test]
    fn first_draws_are_pinned() {
        let key = Key::root(1, 0).named("Boston staff").child(7);
        let draws = |role: &str, visit| -> [u64; 3] {
            let mut rng = key.stream(Role::new(role), visit);
            [rng.random(), rng.random(), rng.random()]
        };
        assert_eq!(draws("think", 0), [0x01a7_3026_2e72_24b1, 0x5ce4_2b1e_aadd_5303, 0x0b7a_8ab9_7423_fe59]);
        assert_eq!(draws("think", 1), [0x2b2e_b166_3094_175c, 0x6c3c_d79d_bedf_28d3, 0x791d_681c_84cd_6d13]);
        assert_eq!(
            draws("service", 0),
            [0x47ee_6c65_e164_45dd, 0xdb86_cfb5_e3ea_2792, 0xfa63_cbff_9ec9_e6b0]
        );
        // The generator by itself, from a plain state.
        let mut rng = Pcg64Mcg::new(42);
        let plain: [u64; 3] = [rng.random(), rng.random(), rng.random()];
        assert_eq!(plain, [0x63b4_a3a8_13ce_700a, 0x3829_5420_0617_ab24, 0xa7fd_85ae_3fe9_50ce]);
        assert_eq!(key.stream(Role::new("unit"), 0).random::<f64>().to_bits(), 0x3fe2_bc14_c91a_1cf0);
        assert_eq!(key.stream(Role::new("range"), 0).random_range(0..1_000_u64), 688);
        assert_eq!(key.stream(Role::new("range"), 0).random_range(0..97_usize), 95);
    }

    #[test]
    fn names_differ_in_every_part() {
        let base = Key::root(1, 0);
        let a = base.stream(Role::new("a"), 0).random::<u64>();
        assert_ne!(a, base.stream(Role::new("b"), 0).random::<u64>());
        assert_ne!(a, base.stream(Role::new("a"), 1).random::<u64>());
        assert_ne!(a, Key::root(2, 0).stream(Role::new("a"), 0).random::<u64>());
        assert_ne!(a, Key::root(1, 1).stream(Role::new("a"), 0).random::<u64>());
        assert_eq!(a, base.stream(Role::new("a"), 0).random::<u64>());
    }

    /// Neighbouring names give uncorrelated first draws: the mean of 100,000 of
    /// them lies within 4.9 standard errors of 1/2 (false alarm below 1e-6, seed
    /// fixed), and so does the lag-1 covariance of neighbours.
    #[test]
    fn neighbouring_keys_are_uncorrelated() {
        let n = 100_000;
        let u: Vec<f64> =
            (0..n).map(|i| Key::root(1, 0).child(i).stream(Role::new("x"), 0).random::<f64>()).collect();
        let mean = u.iter().sum::<f64>() / n as f64;
        let se = (1.0_f64 / 12.0).sqrt() / (n as f64).sqrt();
        assert!((mean - 0.5).abs() < 4.9 * se, "mean {mean}");
        let cov = u.windows(2).map(|w| (w[0] - 0.5) * (w[1] - 0.5)).sum::<f64>() / n as f64;
        assert!((cov * 12.0).abs() < 4.9 / (n as f64).sqrt(), "lag-1 correlation {}", cov * 12.0);
    }

    /// The hash that opens streams, written out: FNV-1a of names (published test
    /// vectors), the finaliser of MurmurHash3, and the keys built from them.
    #[test]
    fn the_hash_is_pinned() {
        assert_eq!(fnv1a(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a("a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_F739_67E8);
        assert_eq!(fmix64(0), 0);
        assert_eq!(fmix64(1), 0xb456_bcfc_34c2_cb2c);
        assert_eq!(Key::root(1, 0).0, 0x3c89_cbcd_f6ac_b57e);
        assert_eq!(Key::root(1, 1).0, 0xb984_58e3_2f9a_a58c);
        assert_eq!(Key::root(1, 0).named("Boston staff").0, 0x93a5_0107_a7ec_392b);
        assert_eq!(Key::root(1, 0).named("Boston staff").child(7).0, 0x016a_f2cd_a0ee_4967);
        assert_eq!(Role::new("think").0, fnv1a("think"));
    }
}
