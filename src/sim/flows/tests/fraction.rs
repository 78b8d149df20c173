//! Fractions of whole numbers of any size, not below zero.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Sub};

/// Limbs of 64 bits, the lowest first, none of them zero at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Whole(Vec<u64>);

impl Whole {
    fn new(value: u128) -> Self {
        Self(vec![value as u64, (value >> 64) as u64]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn small(&self) -> Option<u128> {
        let limb = |place: usize| u128::from(self.0.get(place).copied().unwrap_or(0));
        (self.0.len() <= 2).then(|| limb(0) | (limb(1) << 64))
    }

    fn plus(&self, other: &Self) -> Self {
        let mut carry = 0_u128;
        let mut sum = Vec::with_capacity(self.0.len().max(other.0.len()) + 1);
        for place in 0..self.0.len().max(other.0.len()) {
            let limb = |of: &Self| u128::from(of.0.get(place).copied().unwrap_or(0));
            carry += limb(self) + limb(other);
            sum.push(carry as u64);
            carry >>= 64;
        }
        sum.push(carry as u64);
        Self(sum).trimmed()
    }

    /// In place; `other` is not the larger.
    fn take(&mut self, other: &Self) {
        let mut borrow = false;
        for place in 0..self.0.len() {
            let limb = other.0.get(place).copied().unwrap_or(0);
            let (less, first) = self.0[place].overflowing_sub(limb);
            let (less, second) = less.overflowing_sub(u64::from(borrow));
            self.0[place] = less;
            borrow = first || second;
        }
        assert!(!borrow, "a difference is below zero");
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = vec![0_u64; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0_u128;
            for (j, &b) in other.0.iter().enumerate() {
                carry += u128::from(product[i + j]) + u128::from(a) * u128::from(b);
                product[i + j] = carry as u64;
                carry >>= 64;
            }
            product[i + other.0.len()] = carry as u64;
        }
        Self(product).trimmed()
    }

    fn zeros(&self) -> usize {
        let place = self.0.iter().take_while(|&&limb| limb == 0).count();
        self.0.get(place).map_or(0, |limb| 64 * place + limb.trailing_zeros() as usize)
    }

    fn shifted_down(&mut self, by: usize) {
        self.0.drain(..(by / 64).min(self.0.len()));
        let by = by % 64;
        if by > 0 {
            for place in 0..self.0.len() {
                let above = self.0.get(place + 1).map_or(0, |above| above << (64 - by));
                self.0[place] = (self.0[place] >> by) | above;
            }
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Quotient by one that divides it: by inverse modulo 2^64, limb by limb from below.
    fn over(mut self, divisor: &Self) -> Self {
        let zeros = divisor.zeros();
        let mut odd = divisor.clone();
        odd.shifted_down(zeros);
        self.shifted_down(zeros);
        let mut inverse = odd.0[0];
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.0[0].wrapping_mul(inverse)));
        }
        for place in 0..self.0.len() {
            let limb = self.0[place].wrapping_mul(inverse);
            let (mut carry, mut borrow) = (0_u128, false);
            for at in place..self.0.len() {
                let part = odd.0.get(at - place).copied().unwrap_or(0);
                carry += u128::from(part) * u128::from(limb);
                let (less, first) = self.0[at].overflowing_sub(carry as u64);
                let (less, second) = less.overflowing_sub(u64::from(borrow));
                (self.0[at], borrow) = (less, first || second);
                carry >>= 64;
            }
            self.0[place] = limb;
        }
        self.trimmed()
    }

    /// Greatest common divisor of two that are not zero, by shifts and differences.
    fn common(mut self, mut other: Self) -> Self {
        let twos = self.zeros().min(other.zeros());
        let by = self.zeros();
        self.shifted_down(by);
        while !other.is_zero() {
            let by = other.zeros();
            other.shifted_down(by);
            if let (Some(mut a), Some(mut b)) = (self.small(), other.small()) {
                while b != 0 {
                    (a, b) = (b, a % b);
                }
                self = Self::new(a);
                break;
            }
            if self.cmp(&other) == Ordering::Greater {
                std::mem::swap(&mut self, &mut other);
            }
            other.take(&self);
        }
        let mut power = vec![0; twos / 64];
        power.push(1 << (twos % 64));
        self.times(&Self(power))
    }
}

impl PartialOrd for Whole {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Whole {
    fn cmp(&self, other: &Self) -> Ordering {
        let limbs = |of: &Self| of.0.iter().rev().copied().collect::<Vec<_>>();
        self.0.len().cmp(&other.0.len()).then_with(|| limbs(self).cmp(&limbs(other)))
    }
}

/// A fraction in lowest terms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fraction(Whole, Whole);

impl Fraction {
    pub(super) fn new(over: u128, under: u128) -> Self {
        Self(Whole::new(over), Whole::new(under)).lowest()
    }

    pub(super) fn zero() -> Self {
        Self::new(0, 1)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    fn lowest(self) -> Self {
        if self.0.is_zero() {
            return Self(self.0, Whole::new(1));
        }
        let common = self.0.clone().common(self.1.clone());
        Self(self.0.over(&common), self.1.over(&common))
    }

    /// How far it is from a whole number.
    pub(super) fn distance(&self, whole: u64) -> Self {
        let whole = Self::new(u128::from(whole), 1);
        if *self > whole { self - &whole } else { &whole - self }
    }
}

impl Add for &Fraction {
    type Output = Fraction;
    fn add(self, other: Self) -> Fraction {
        Fraction(self.0.times(&other.1).plus(&other.0.times(&self.1)), self.1.times(&other.1)).lowest()
    }
}

impl Sub for &Fraction {
    type Output = Fraction;
    fn sub(self, other: Self) -> Fraction {
        let mut over = self.0.times(&other.1);
        over.take(&other.0.times(&self.1));
        Fraction(over, self.1.times(&other.1)).lowest()
    }
}

impl Mul for &Fraction {
    type Output = Fraction;
    fn mul(self, other: Self) -> Fraction {
        Fraction(self.0.times(&other.0), self.1.times(&other.1)).lowest()
    }
}

impl Div for &Fraction {
    type Output = Fraction;
    fn div(self, other: Self) -> Fraction {
        assert!(!other.is_zero(), "a division by zero");
        Fraction(self.0.times(&other.1), self.1.times(&other.0)).lowest()
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.times(&other.1).cmp(&other.0.times(&self.1))
    }
}

#[test]
fn fractions_are_exact() {
    let third = Fraction::new(2, 6);
    assert_eq!(&(&third + &third) + &third, Fraction::new(1, 1));
    assert_eq!(&Fraction::new(7, 12) - &Fraction::new(1, 4), third);
    let large = Fraction::new(u128::MAX, 1 << 100);
    let cubed = &(&large * &large) * &large;
    assert_eq!(&(&cubed / &large) / &large, large);
    assert!(cubed > large && third < Fraction::new(34, 100));
    let sum = &cubed + &third;
    assert_eq!(&sum - &cubed, third);
    assert_eq!(Fraction::new(10, 4).distance(3), Fraction::new(1, 2));
}
