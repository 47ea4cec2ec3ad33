//! Choices that can be repeated.

use std::time::Duration;

/// Small, fast and repeatable: xorshift64*. Source: Vigna, "An experimental exploration of Marsaglia's xorshift
/// generators, scrambled".
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 22) as usize % bound
    }

    /// From 0.0 to less than 1.0.
    pub fn share(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }

    /// Up to `longest`.
    pub fn wait(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.share())
    }

    /// A pause between two things that happen by chance, `mean` apart in the mean: exponential, cut at 8 means.
    pub fn pause(&mut self, mean: Duration) -> Duration {
        mean.mul_f64((-(1.0 - self.share()).ln()).min(8.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices_and_they_are_spread() {
        let (mut one, mut two) = (Dice::new(7), Dice::new(7));
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            let choice = one.below(10);
            assert_eq!(choice, two.below(10));
            counts[choice] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        let mean = (0..10_000).map(|_| one.pause(Duration::from_millis(100)).as_secs_f64()).sum::<f64>() / 10_000.0;
        assert!((0.095..0.105).contains(&mean), "{mean}");
    }
}
