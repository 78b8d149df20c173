//! Releases of Exchange and their builds.
//!
//! Must not know what a release does with a request ([`super::access`]).

use std::fmt;

use crate::kernel::SimSpan;

/// Which Exchange release a server runs, as far as routing differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Generation {
    /// Exchange 2003 (back end or front end).
    E2003,
    /// The rules of the founding article, word for word (`exchange = "2007"`).
    E2007,
    /// The documentation's reading of the release without service pack.
    E2007Rtm,
    /// 2007 Service Pack 1.
    E2007Sp1,
    /// 2007 Service Pack 2.
    E2007Sp2,
    /// 2007 Service Pack 3.
    E2007Sp3,
    /// 2010 without service pack.
    E2010Rtm,
    /// 2010 Service Pack 1.
    E2010Sp1,
    /// 2010 Service Pack 2.
    E2010Sp2,
    /// 2010 Service Pack 3.
    E2010Sp3,
    /// 2013.
    E2013,
    /// 2016.
    E2016,
    /// 2019.
    E2019,
}

impl Generation {
    /// Every generation with the token that a scenario writes.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::E2003, "2003"),
        (Self::E2007, "2007"),
        (Self::E2007Rtm, "2007 RTM"),
        (Self::E2007Sp1, "2007 SP1"),
        (Self::E2007Sp2, "2007 SP2"),
        (Self::E2007Sp3, "2007 SP3"),
        (Self::E2010Rtm, "2010 RTM"),
        (Self::E2010Sp1, "2010 SP1"),
        (Self::E2010Sp2, "2010 SP2"),
        (Self::E2010Sp3, "2010 SP3"),
        (Self::E2013, "2013"),
        (Self::E2016, "2016"),
        (Self::E2019, "2019"),
    ];

    /// The token that a scenario writes.
    #[must_use]
    pub fn token(self) -> &'static str {
        Self::ALL.iter().find(|(g, _)| *g == self).map_or("", |(_, token)| token)
    }

    /// The major version: 2003, 2007, 2010, 2013, 2016 or 2019.
    #[must_use]
    pub fn major(self) -> u16 {
        match self {
            Self::E2003 => 2003,
            Self::E2007 | Self::E2007Rtm | Self::E2007Sp1 | Self::E2007Sp2 | Self::E2007Sp3 => 2007,
            Self::E2010Rtm | Self::E2010Sp1 | Self::E2010Sp2 | Self::E2010Sp3 => 2010,
            Self::E2013 => 2013,
            Self::E2016 => 2016,
            Self::E2019 => 2019,
        }
    }
}

/// The core in whose clock the sizing figures of a release were published.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BaseCore {
    /// Its share of the machine's `SPECint_rate2006` result.
    pub specint_rate: f64,
    /// Its clock, MHz.
    pub mhz: f64,
}

impl Generation {
    /// On which its megacycles were measured (Exchange Team, 2010-09-14, and the sizing of 2013):
    /// 2 x Xeon X5470, 150 over 8 cores of 3,333 MHz; 2 x Xeon E5-2650, 540 over 16 cores of 2,000 MHz.
    #[must_use]
    pub fn base_core(self) -> BaseCore {
        if self.major() >= 2013 {
            BaseCore { specint_rate: 33.75, mhz: 2_000.0 }
        } else {
            BaseCore { specint_rate: 18.75, mhz: 3_333.0 }
        }
    }

    /// Between which heartbeats the server holds a Ping, whatever the device asks for: 60 to 2,700 s in
    /// 2003 SP2 (event 3016), 60 to 3,540 s from 2007 on (event 1009; TechNet ff360297).
    #[must_use]
    pub fn heartbeats(self) -> [SimSpan; 2] {
        let most = if self.major() <= 2003 { 2_700 } else { 3_540 };
        [SimSpan::from_secs(60), SimSpan::from_secs(most)]
    }

    /// Work in one megacycle of this release's tables, by one of 2010's: 1 up to 2010, 3.0 from
    /// 2013 on (the `SPECint_rate2006` of a MHz of either base core).
    #[must_use]
    pub fn megacycle(self) -> f64 {
        let work = |core: BaseCore| core.specint_rate / core.mhz;
        work(self.base_core()) / work(Self::E2010Rtm.base_core())
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// The build of a server, as in `Version 14.2 (Build 309.2)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Build(pub [u16; 4]);

impl Build {
    /// Parses `14.2.309.2`, `14.2.309` or `Version 14.2 (Build 309.2)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter_map(|c| match c {
                '0'..='9' | '.' => Some(c),
                '(' => Some('.'),
                _ => None,
            })
            .collect();
        let mut parts = [0u16; 4];
        let mut count = 0;
        for piece in plain.split('.').filter(|p| !p.is_empty()) {
            *parts.get_mut(count)? = piece.parse().ok()?;
            count += 1;
        }
        (count >= 3).then_some(Self(parts))
    }

    /// Whether an OWA resource folder of this name serves a build: its own, or that of a
    /// shorter number (`8.3`, `8.3.83`) that the build begins with.
    #[must_use]
    pub fn covers(self, build: Self) -> bool {
        let stated = 4 - self.0.iter().rev().take_while(|&&part| part == 0).count();
        self == build || (stated >= 2 && self.0[..stated] == build.0[..stated])
    }

    /// The release that the build belongs to, if it is one of 2007 to 2019.
    #[must_use]
    pub fn generation(self) -> Option<Generation> {
        Some(match (self.0[0], self.0[1]) {
            (6, _) => Generation::E2003,
            (8, 0) => Generation::E2007Rtm,
            (8, 1) => Generation::E2007Sp1,
            (8, 2) => Generation::E2007Sp2,
            (8, _) => Generation::E2007Sp3,
            (14, 0) => Generation::E2010Rtm,
            (14, 1) => Generation::E2010Sp1,
            (14, 2) => Generation::E2010Sp2,
            (14, _) => Generation::E2010Sp3,
            (15, 0) => Generation::E2013,
            (15, 1) => Generation::E2016,
            (15, _) => Generation::E2019,
            _ => return None,
        })
    }

    /// The build of a release with an update rollup (0: none). Where no published
    /// number is known the rollup counts on from the last one known, so that order
    /// is kept.
    #[must_use]
    pub fn of(generation: Generation, rollup: u16) -> Self {
        let (major, minor, numbers): (u16, u16, &[[u16; 2]]) = match generation {
            Generation::E2003 => (6, 5, &[[7638, 2]]),
            Generation::E2007Rtm => {
                (8, 0, &[[685, 25], [708, 3], [711, 2], [730, 1], [744, 0], [754, 0], [783, 2], [813, 0]])
            }
            Generation::E2007 => (8, 0, &[[685, 25]]),
            Generation::E2007Sp1 => (
                8,
                1,
                &[
                    [240, 6],
                    [263, 1],
                    [278, 2],
                    [291, 2],
                    [311, 3],
                    [336, 1],
                    [340, 1],
                    [359, 2],
                    [375, 2],
                    [393, 1],
                    [436, 0],
                ],
            ),
            Generation::E2007Sp2 => (8, 2, &[[176, 2], [217, 3], [234, 1], [247, 2], [254, 0], [305, 3]]),
            Generation::E2007Sp3 => (
                8,
                3,
                &[
                    [83, 6],
                    [106, 2],
                    [137, 3],
                    [159, 2],
                    [192, 1],
                    [213, 1],
                    [245, 2],
                    [264, 0],
                    [279, 3],
                    [297, 2],
                    [298, 3],
                ],
            ),
            Generation::E2010Rtm => (14, 0, &[[639, 21], [682, 1], [689, 0], [694, 0], [702, 1], [726, 0]]),
            Generation::E2010Sp1 => (
                14,
                1,
                &[[218, 15], [255, 2], [270, 1], [289, 7], [323, 6], [339, 1], [355, 2], [421, 0], [438, 0]],
            ),
            Generation::E2010Sp2 => (
                14,
                2,
                &[[247, 5], [283, 3], [298, 4], [309, 2], [318, 2], [328, 5], [342, 3], [375, 0], [390, 3]],
            ),
            Generation::E2010Sp3 => {
                (14, 3, &[[123, 4], [146, 0], [158, 1], [169, 1], [174, 1], [181, 6], [195, 1]])
            }
            Generation::E2013 => (15, 0, &[[516, 32]]),
            Generation::E2016 => (15, 1, &[[225, 42]]),
            Generation::E2019 => (15, 2, &[[221, 12]]),
        };
        let known = numbers.len() - 1;
        let [third, fourth] = numbers[usize::from(rollup).min(known)];
        let beyond = usize::from(rollup).saturating_sub(known);
        Self([major, minor, third.saturating_add(u16::try_from(beyond).unwrap_or(u16::MAX)), fourth])
    }

    /// Parses a release with an optional update rollup, as `2010 SP2 RU3` or
    /// `2007 SP1`.
    #[must_use]
    pub fn parse_release(text: &str) -> Option<(Generation, Self)> {
        let (release, rollup) = match text.rsplit_once(' ') {
            Some((head, tail)) if tail.len() > 2 && tail[..2].eq_ignore_ascii_case("RU") => {
                (head, tail[2..].parse().ok()?)
            }
            _ => (text, 0),
        };
        let (generation, _) =
            Generation::ALL.into_iter().find(|(_, token)| token.eq_ignore_ascii_case(release.trim()))?;
        Some((generation, Self::of(generation, rollup)))
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_parse_and_order() {
        assert_eq!(Build::parse("Version 14.2 (Build 309.2)"), Some(Build([14, 2, 309, 2])));
        assert_eq!(Build::parse("8.1.240"), Some(Build([8, 1, 240, 0])));
        assert_eq!(Build::parse("8.1"), None);
        assert!(Build::of(Generation::E2010Sp2, 3) > Build::of(Generation::E2010Sp2, 2));
        assert!(Build::of(Generation::E2007Sp3, 40) > Build::of(Generation::E2007Sp3, 39));
        for (generation, token) in Generation::ALL {
            assert_eq!(Build::parse_release(token).map(|(g, _)| g), Some(generation));
        }
        assert_eq!(
            Build::parse_release("2010 SP2 RU3"),
            Some((Generation::E2010Sp2, Build([14, 2, 309, 2])))
        );
    }
}
