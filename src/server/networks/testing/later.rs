//! Networks whose yes is a receipt: a schedule that ends, quotas, a question without a secret in its address, and a word for any bytes.

use super::*;
use crate::model::{HOUR, MINUTE};
use crate::server::networks::contract::{Answer, Later, Outcome, Word};
use crate::server::networks::http::logged;
use proptest::prelude::*;

fn told_later() -> impl Iterator<Item = (&'static dyn Network, &'static dyn Later)> {
    ALL.iter().filter_map(|network| Some((*network, network.later()?)))
}

#[test]
fn questions_grow_rarer_and_end() {
    for (network, later) in told_later() {
        let waits = later.waits();
        assert!((2..=12).contains(&waits.len()) && waits.windows(2).all(|pair| pair[0] <= pair[1]), "{}", network.spec().slug);
        assert!((MINUTE..=HOUR).contains(&waits[0]) && waits.iter().sum::<i64>() <= 48 * HOUR);
        for quota in [later.sending(), later.asking()] {
            assert!(quota.a_minute >= 10 && quota.a_day >= quota.a_minute);
        }
        assert!(network.spec().shared_quota, "quotas are of this instance's app");
    }
}

#[test]
fn a_question_names_its_request_and_hides_its_token() {
    for (network, later) in told_later() {
        let vectors = all().find(|(of, _)| of.spec().slug == network.spec().slug).unwrap().1;
        let request = later.ask(&settings(), &destination(&vectors.sample), "req/1 &x=2");
        assert!(!request.url.as_str().contains(TOKEN) && !request.url.as_str().contains("&x=2"), "{}", request.url);
        assert!(request.url.query_pairs().any(|(_, value)| value == "req/1 &x=2"));
        assert!(!format!("{:?}", logged(&request).headers).contains(TOKEN));
    }
}

proptest! {
    #[test]
    fn any_answer_is_a_word(status in prop_oneof![Just(200_u16), 0..1000_u16], body in answers::bodies(), events in 1..2_001_usize) {
        let answer = Answer { status, retry_after: None, body };
        for (_, later) in told_later() {
            prop_assert!(answer.success() || later.receipt(&answer).is_none());
            let told = later.told(&answer, events);
            match told.word {
                Word::Nothing { .. } | Word::Credentials => {}
                Word::Some => prop_assert!(answer.success() && events > 1),
                Word::Uncounted(outcome) => {
                    prop_assert!(answer.success() && events == 1);
                    let accepted = matches!(outcome, Outcome::Accepted { .. });
                    prop_assert!(!accepted, "a word is not a first answer");
                }
                Word::Counted | Word::NotCredited => prop_assert!(answer.success()),
            }
        }
    }
}
