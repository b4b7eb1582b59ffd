//! Tells of most messages that they were never seen, without asking the database: a Bloom filter in blocks of one cache line. PURE.
//! Its bits are stored and read again by later versions, so what follows from an id must stay as it is.

use uuid::Uuid;

/// A block is one cache line.
const WORDS: usize = 8;
/// With 24 bits an id, about one in ten thousand that were never added is taken for known: each such costs a look into every stretch of the
/// filter, whose pages have mostly gone from memory.
const BITS_AN_ID: usize = 24;
/// Bits that an id sets, each one of the 512 of its block.
const BITS_SET: u32 = 7;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// Room for so many ids; more make it err more often.
    pub fn with_room(ids: usize) -> Self {
        let blocks = (ids * BITS_AN_ID).div_ceil(64 * WORDS).max(1);
        Self { words: vec![0; blocks * WORDS] }
    }

    /// From the bytes of `to_bytes`; None if they are none of it.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let words: Vec<u64> = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("it is eight"))).collect();
        (!words.is_empty() && bytes.len().is_multiple_of(8 * WORDS)).then_some(Self { words })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    pub fn add(&mut self, id: Hashed) {
        let block = self.block(id);
        for bit in id.bits() {
            self.words[block + bit / 64] |= 1 << (bit % 64);
        }
    }

    /// False: it was never added.
    pub fn may_hold(&self, id: Hashed) -> bool {
        let block = self.block(id);
        id.bits().all(|bit| self.words[block + bit / 64] & (1 << (bit % 64)) != 0)
    }

    /// Where the id's block begins.
    fn block(&self, id: Hashed) -> usize {
        let blocks = (self.words.len() / WORDS) as u128;
        ((u128::from(id.block) * blocks) >> 64) as usize * WORDS
    }
}

/// What is asked of every filter, made once.
#[derive(Debug, Clone, Copy)]
pub struct Hashed {
    block: u64,
    bits: u64,
}

impl Hashed {
    pub fn of((game, message): (Uuid, Uuid)) -> Self {
        let ((a, b), (c, d)) = (message.as_u64_pair(), game.as_u64_pair());
        let first = folded(a ^ 0x9e37_79b9_7f4a_7c15, b ^ c ^ 0xbf58_476d_1ce4_e5b9);
        let second = folded(b ^ 0x94d0_49bb_1331_11eb, a ^ d ^ 0xd6e8_feb8_6659_fd93);
        Self {
            block: folded(first ^ 0xa076_1d64_78bd_642f, second ^ 0xe703_7ed1_a0b4_28db),
            bits: folded(second, first ^ 0x8ebc_6af0_9c88_c6e3),
        }
    }

    fn bits(self) -> impl Iterator<Item = usize> {
        (0..BITS_SET).map(move |n| ((self.bits >> (9 * n)) & 511) as usize)
    }
}

/// Both halves of the product, so that every bit of either counts.
const fn folded(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(number: u64) -> Hashed {
        Hashed::of((Uuid::from_u64_pair(1, 2), Uuid::from_u64_pair(0x4000, number)))
    }

    proptest! {
        #[test]
        fn what_was_added_is_known_also_from_its_bytes(ids in prop::collection::vec(any::<(u128, u128)>(), 1..200), room in 0_usize..300) {
            let ids: Vec<Hashed> = ids.into_iter().map(|(game, message)| Hashed::of((Uuid::from_u128(game), Uuid::from_u128(message)))).collect();
            let mut filter = Filter::with_room(room);
            for id in &ids {
                filter.add(*id);
            }
            let read = Filter::from_bytes(&filter.to_bytes()).unwrap();
            prop_assert!(ids.iter().all(|id| filter.may_hold(*id) && read.may_hold(*id)));
            prop_assert_eq!(read, filter);
        }
    }

    /// Ids that differ least are the hardest to tell apart.
    #[test]
    fn few_that_were_never_added_are_taken_for_known() {
        const MANY: u64 = 100_000;
        let mut filter = Filter::with_room(MANY as usize);
        for number in 0..MANY {
            filter.add(id(number));
        }
        let wrong = (MANY..11 * MANY).filter(|number| filter.may_hold(id(*number))).count() as u64;
        assert!(wrong < 10 * MANY / 4_000, "{wrong} of {}", 10 * MANY);
    }

    /// Stored filters outlive the program that wrote them.
    #[test]
    fn an_id_sets_the_same_bits_for_ever() {
        let mut filter = Filter::with_room(64);
        filter.add(id(7));
        let set: Vec<usize> = (0..filter.words.len() * 64).filter(|bit| filter.words[bit / 64] & (1 << (bit % 64)) != 0).collect();
        insta::assert_compact_debug_snapshot!(set, @"[50, 86, 124, 166, 284, 314, 440]");
    }

    #[test]
    fn other_bytes_are_no_filter() {
        for bytes in [&[][..], &[0; 63], &[0; 65]] {
            assert_eq!(Filter::from_bytes(bytes), None);
        }
    }
}
