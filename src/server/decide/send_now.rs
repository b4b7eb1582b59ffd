//! “Send now”: what was not sent for a cause that is gone since is planned once more, for the click that earned it. Who won is not
//! asked again. PURE.

use super::changes::Changes;
use super::click::UTM;
use super::consent;
use super::facts::{Facts, StoredConversion};
use super::plan::{email_known, plan};
use super::slots;
use super::world::World;
use crate::model::Millis;
use crate::model::conversion::{Decision, Reason};
use crate::server::decide::changes::NewPostback;
use uuid::Uuid;

/// Plans these conversions; nothing else changes. What still cannot be sent gets the reason that stands in its way now; what is too
/// old for its network keeps the one it has.
pub fn send_now(wanted: &[Uuid], facts: Facts, now: Millis) -> Changes {
    let mut world = World::new(facts, now);
    let mut list: Vec<&StoredConversion> =
        wanted.iter().filter(|id| world.conversions.knows(**id)).map(|id| world.conversions.get(*id)).collect();
    // Goals of one message in the order in which they were made: the second to send the same event is `same_event`.
    list.sort_by_key(|one| (one.message_id, one.goal_id));
    for id in list.into_iter().map(|one| one.id).collect::<Vec<_>>() {
        let conversion = world.conversions.get(id);
        let Decision::NotSent { reason, network: Some(network) } = conversion.decision.clone() else { continue };
        if !reason.may_be_mended() || conversion.attempted || conversion.test {
            continue;
        }
        match again(&world, conversion) {
            Ok(postback) if postback.expires_at <= now => {}
            Ok(postback) => {
                world.conversions.change(id).decision = Decision::Credited { network };
                world.conversions.queue(postback);
            }
            Err(reason) => world.conversions.change(id).decision = Decision::NotSent { reason, network: Some(network) },
        }
    }
    world.finish(Vec::new())
}

fn again(world: &World, conversion: &StoredConversion) -> Result<NewPostback, Reason> {
    let player = conversion.player_id.filter(|player| world.graph.knows(*player)).ok_or(Reason::NoClick)?;
    let winner = world.clicks.of(player).iter().find(|click| Some(click.id) == conversion.click_id).ok_or(Reason::NoClick)?;
    let player = world.graph.player(player);
    if consent::refused(player) {
        return Err(Reason::Consent);
    }
    if !slots::counts(world, conversion) {
        return Err(Reason::AlreadyConverted);
    }
    if winner.kind == UTM && !email_known(conversion, player) {
        return Err(Reason::ClickUnusable);
    }
    plan(world, conversion, player, winner)
}
