//! Ranks: text keys whose bytewise order is the order of tasks in a column and of columns on a board.
//!
//! A rank is an integer part followed by a fraction, both in base 62. The integer part's first letter says how
//! many digits follow (`a0` < `az` < `b00`; `Zz` < `a0`), so that adding at either end makes it longer only
//! with the logarithm of the count; the fraction ends in no `0`, so that there is always room in front of it.
//! Source: the idea is David Greenspan's "Implementing Fractional Indexing" (2020).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Past this length the neighbours of a new rank are respaced.
pub const RANK_BYTES_SOFT: usize = 48;
/// No rank is ever longer.
pub const RANK_BYTES_MAX: usize = 64;
/// How many neighbours one op may respace.
pub const RESPACED_MAX: usize = 64;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ZERO: u8 = b'0';
const LAST: u8 = b'z';

/// An order key; compares bytewise. Made only by [`Rank::between`] and [`Rank::spread`], or read from the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(Box<str>);

impl Rank {
    /// The rank that was stored earlier.
    pub fn from_stored(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A rank above `lower` and below `upper`; `None` is the open end. As short as the gap allows.
    ///
    /// # Panics
    /// Where `lower` is not below `upper`: an order that holds two equal ranks is a defect of the caller.
    pub fn between(lower: Option<&Self>, upper: Option<&Self>) -> Self {
        if let (Some(lower), Some(upper)) = (lower, upper) {
            assert!(lower < upper, "ranks out of order: {lower} is not below {upper}");
        }
        let key = match (lower.map(parts), upper.map(parts)) {
            (None, None) => "a0".to_owned(),
            (None, Some((whole, fraction))) => match decremented(whole) {
                _ if !fraction.is_empty() => whole.to_owned(),
                Some(below) => below,
                None => whole.to_owned() + &midpoint("", Some(fraction)),
            },
            (Some((whole, fraction)), None) => match incremented(whole) {
                Some(above) => above,
                None => whole.to_owned() + &midpoint(fraction, None),
            },
            (Some((whole, fraction)), Some((upper_whole, upper_fraction))) => {
                if whole == upper_whole {
                    whole.to_owned() + &midpoint(fraction, Some(upper_fraction))
                } else {
                    match incremented(whole) {
                        Some(above) if above.as_str() < upper.map_or("", Self::as_str) => above,
                        _ => whole.to_owned() + &midpoint(fraction, None),
                    }
                }
            }
        };
        Self(key.into())
    }

    /// `count` ranks between the two, in order and evenly apart.
    pub fn spread(lower: Option<&Self>, upper: Option<&Self>, count: usize) -> Vec<Self> {
        Self::spread_by(lower, upper, count, |count| count / 2)
    }

    /// `count` ranks between the two, in order, and the closer together the nearer they are to `lower`.
    pub fn crowd_low(lower: Option<&Self>, upper: Option<&Self>, count: usize) -> Vec<Self> {
        Self::spread_by(lower, upper, count, |count| count * 3 / 4)
    }

    /// `count` ranks between the two, in order, and the closer together the nearer they are to `upper`.
    pub fn crowd_high(lower: Option<&Self>, upper: Option<&Self>, count: usize) -> Vec<Self> {
        Self::spread_by(lower, upper, count, |count| count / 4)
    }

    /// By halving; `below` says how many of some ranks go below the middle.
    fn spread_by(lower: Option<&Self>, upper: Option<&Self>, count: usize, below: fn(usize) -> usize) -> Vec<Self> {
        let mut ranks = Vec::with_capacity(count);
        match (lower, upper) {
            (lower, None) => {
                for _ in 0..count {
                    let next = Self::between(ranks.last().or(lower), None);
                    ranks.push(next);
                }
            }
            (None, Some(upper)) => {
                for _ in 0..count {
                    let next = Self::between(None, Some(ranks.last().unwrap_or(upper)));
                    ranks.push(next);
                }
                ranks.reverse();
            }
            (Some(_), Some(_)) if count > 0 => {
                let middle = Self::between(lower, upper);
                let first = below(count - 1);
                ranks.extend(Self::spread_by(lower, Some(&middle), first, below));
                ranks.push(middle.clone());
                ranks.extend(Self::spread_by(Some(&middle), upper, count - 1 - first, below));
            }
            _ => {}
        }
        ranks
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits a rank into its integer part and its fraction.
fn parts(rank: &Rank) -> (&str, &str) {
    let text = rank.as_str();
    text.split_at(whole_len(text.as_bytes()[0]).min(text.len()))
}

/// Bytes of the integer part that begins with `head`.
fn whole_len(head: u8) -> usize {
    if head >= b'a' { usize::from(head - b'a') + 2 } else { usize::from(b'Z' - head.min(b'Z')) + 2 }
}

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|&d| d == digit).unwrap_or(0)
}

/// The next integer part, or `None` at the very end.
fn incremented(whole: &str) -> Option<String> {
    let mut bytes = whole.as_bytes().to_vec();
    for digit in bytes[1..].iter_mut().rev() {
        if *digit == LAST {
            *digit = ZERO;
        } else {
            *digit = DIGITS[value(*digit) + 1];
            return String::from_utf8(bytes).ok();
        }
    }
    match bytes[0] {
        b'Z' => Some("a0".to_owned()),
        b'z' => None,
        head => Some(filled(head + 1, ZERO)),
    }
}

/// The integer part before, or `None` at the very beginning.
fn decremented(whole: &str) -> Option<String> {
    let mut bytes = whole.as_bytes().to_vec();
    for digit in bytes[1..].iter_mut().rev() {
        if *digit == ZERO {
            *digit = LAST;
        } else {
            *digit = DIGITS[value(*digit) - 1];
            return String::from_utf8(bytes).ok();
        }
    }
    match bytes[0] {
        b'a' => Some("Zz".to_owned()),
        b'A' => None,
        head => Some(filled(head - 1, LAST)),
    }
}

fn filled(head: u8, digit: u8) -> String {
    let mut text = String::from(char::from(head));
    text.extend(std::iter::repeat_n(char::from(digit), whole_len(head) - 1));
    text
}

/// A fraction strictly between two fractions, `""` being zero and `None` one.
fn midpoint(lower: &str, upper: Option<&str>) -> String {
    let digit_of = |text: &str, i: usize| text.as_bytes().get(i).copied().unwrap_or(ZERO);
    if let Some(upper) = upper {
        let shared = (0..upper.len()).take_while(|&i| digit_of(lower, i) == upper.as_bytes()[i]).count();
        if shared > 0 {
            let rest = midpoint(lower.get(shared..).unwrap_or(""), Some(&upper[shared..]));
            return upper[..shared].to_owned() + &rest;
        }
    }
    let low = if lower.is_empty() { 0 } else { value(lower.as_bytes()[0]) };
    let high = upper.and_then(|u| u.as_bytes().first()).map_or(DIGITS.len(), |&d| value(d));
    if high - low > 1 {
        return char::from(DIGITS[(low + high).div_ceil(2)]).to_string();
    }
    match upper {
        Some(upper) if upper.len() > 1 => upper[..1].to_owned(),
        _ => char::from(DIGITS[low]).to_string() + &midpoint(lower.get(1..).unwrap_or(""), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn adding_at_the_end_stays_short() {
        let mut last = Rank::between(None, None);
        for _ in 0..10_000 {
            let next = Rank::between(Some(&last), None);
            assert!(next > last && next.as_str().len() <= 4, "{next}");
            last = next;
        }
    }

    #[test]
    fn adding_at_the_beginning_stays_short() {
        let mut first = Rank::between(None, None);
        for _ in 0..10_000 {
            let next = Rank::between(None, Some(&first));
            assert!(next < first && next.as_str().len() <= 5, "{next}");
            first = next;
        }
    }

    proptest! {
        #[test]
        fn insertion_anywhere_keeps_the_order(places in prop::collection::vec(any::<prop::sample::Index>(), 1..200)) {
            let mut ranks: Vec<Rank> = Vec::new();
            for place in places {
                let i = place.index(ranks.len() + 1);
                let lower = i.checked_sub(1).map(|i| &ranks[i]);
                let rank = Rank::between(lower, ranks.get(i));
                prop_assert!(lower.is_none_or(|l| *l < rank) && ranks.get(i).is_none_or(|u| rank < *u));
                ranks.insert(i, rank);
            }
        }

        #[test]
        fn spreading_keeps_the_order(count in 0_usize..130, squeezes in 0_usize..60) {
            let lower = Rank::between(None, None);
            let mut upper = Rank::between(Some(&lower), None);
            for _ in 0..squeezes {
                upper = Rank::between(Some(&lower), Some(&upper));
            }
            let ranks = Rank::spread(Some(&lower), Some(&upper), count);
            prop_assert_eq!(ranks.len(), count);
            let all: Vec<_> = [&lower].into_iter().chain(&ranks).chain([&upper]).collect();
            prop_assert!(all.is_sorted_by(|a, b| a < b));
        }
    }
}
